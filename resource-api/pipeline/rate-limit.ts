/**
 * Which limits a request meets, and the one call that asks them all. That call also tells which of the caller's
 * records are out of date; such a record is read again once, and the limits of who it turns out to be are asked.
 */

import { planDefinition } from '../../shared/identity/people/plans.js';
import type { GenerationCheck, LeaseRequest, LimitCheck, LimitDecision } from '../../shared/limiter/limit.js';
import { addressSubject, emailSubject } from '../../shared/limiter/subjects.js';
import type { LimitDefinition, Product } from '../../shared/products/product.js';
import type { Caller } from '../routing/caller.js';
import type { Route } from '../routing/route.js';
import { type Identity, identifyAgain, LookupsRefused } from './authenticate.js';
import type { Pipeline } from './pipeline.js';
import type { RequestContext } from './request-context.js';

export interface Subjects {
  address: string;
  /** The `email` of the body, where a limit of the route counts by it. */
  email: string | undefined;
}

/** Whether a limit of the route counts something that stands in the body. */
export function needsBody(product: Product, route: Route): boolean {
  return (route.options.limits ?? []).some((name) => product.limits[name]?.subject === 'email');
}

export interface Charged {
  identity: Identity;
  decision: LimitDecision;
}

/** How long a place is kept for a connection that is not renewed, in seconds. */
const placeTtlSeconds = 60;

/** Charges every limit of a request. `route` is undefined for a path that matches none. */
export async function charge(
  pipeline: Pipeline,
  product: Product,
  route: Route | undefined,
  identity: Identity,
  subjects: Subjects,
): Promise<Charged> {
  return chargeWith(pipeline, product, route, identity, subjects, undefined);
}

/**
 * The state of the limits that count by IP address, for a response that is given before limits are counted: every
 * response of a product shows it. Charges nothing.
 */
export async function limitFigures(
  { limiter }: Pipeline,
  { product, address }: Pick<RequestContext, 'product' | 'address'>,
): Promise<LimitDecision> {
  const checks = checksFor(product, undefined, undefined, { address, email: undefined });
  const free = checks.map((check) => ({ ...check, cost: 0 }));
  return { ...(await limiter.take(product.id, free)), allowed: true, refusedBy: undefined };
}

/** What a failed request shows of its limits: what was decided, or the limit that refused before the others. */
export async function decisionOf(
  pipeline: Pipeline,
  context: RequestContext,
  error: unknown,
): Promise<LimitDecision | undefined> {
  if (!(error instanceof LookupsRefused)) return context.decision;
  const { usages } = await limitFigures(pipeline, context);
  return { ...error.decision, usages: [...usages, ...error.decision.usages] };
}

/** The same for a connection that stays: takes one of the places that the caller may hold at a time. */
export async function chargeConnection(
  pipeline: Pipeline,
  product: Product,
  identity: Identity,
  address: string,
): Promise<Charged> {
  const { caller } = identity;
  const place: LeaseRequest | undefined =
    caller && product.connections !== undefined
      ? {
          name: 'connections',
          subject: callerSubject(caller, 'key'),
          quota: product.connections,
          ttlSeconds: placeTtlSeconds,
        }
      : undefined;
  return chargeWith(pipeline, product, undefined, identity, { address, email: undefined }, place);
}

async function chargeWith(
  pipeline: Pipeline,
  product: Product,
  route: Route | undefined,
  identity: Identity,
  subjects: Subjects,
  place: LeaseRequest | undefined,
): Promise<Charged> {
  const { limiter } = pipeline;
  const checks = checksFor(product, route, identity.caller, subjects);
  const generations: GenerationCheck[] = identity.remembered?.generations ?? [];
  const decision = await limiter.take(product.id, checks, generations, place);
  const { candidate, remembered } = identity;
  if (decision.stale.length === 0 || !candidate || !remembered) return { identity, decision };

  const renewed = await identifyAgain(pipeline, candidate, remembered, decision.stale);
  const newChecks = checksFor(product, route, renewed.caller, subjects);
  if (sameChecks(checks, newChecks)) return { identity: renewed, decision };
  if (!decision.allowed || !identity.caller !== !renewed.caller) {
    if (decision.lease) await limiter.releaseLease(decision.lease);
    return { identity: renewed, decision: await limiter.take(product.id, newChecks) };
  }
  // The call is charged already; only the figures of the new plan are missing.
  const figures = await limiter.take(
    product.id,
    newChecks.map((check) => ({ ...check, cost: 0 })),
  );
  return { identity: renewed, decision: { ...decision, usages: figures.usages } };
}

function checksFor(
  product: Product,
  route: Route | undefined,
  caller: Caller | undefined,
  subjects: Subjects,
): LimitCheck[] {
  const checks: LimitCheck[] = [];
  for (const name of Object.keys(product.limits)) {
    const definition = product.limits[name];
    if (!definition || !appliesTo(name, definition, route, caller)) continue;
    const subject = subjectOf(definition, caller, subjects);
    if (subject === undefined) continue;
    const quota = definition.quota === 'plan' ? requestsOf(product, caller) : definition.quota;
    checks.push({ name, subject, quota, window: definition.window });
  }
  return checks;
}

function appliesTo(
  name: string,
  { applies }: LimitDefinition,
  route: Route | undefined,
  caller: Caller | undefined,
): boolean {
  switch (applies) {
    case 'always':
      return true;
    case 'known':
      return caller !== undefined;
    case 'stranger':
      return caller === undefined;
    case 'route':
      return route?.options.limits?.includes(name) ?? false;
  }
}

function subjectOf(
  { subject }: LimitDefinition,
  caller: Caller | undefined,
  { address, email }: Subjects,
): string | undefined {
  if (subject === 'email') return email === undefined ? undefined : emailSubject(email);
  if (subject === 'address' || !caller) return addressSubject(address);
  return callerSubject(caller, subject);
}

/** A key is counted with its successors; `key` means the account for callers without one. */
function callerSubject(caller: Caller, subject: 'key' | 'account'): string {
  return subject === 'key' && caller.kind === 'apiKey'
    ? `key:${caller.familyId}`
    : `account:${caller.accountId}`;
}

const requestsOf = (product: Product, caller: Caller | undefined): number =>
  (caller?.planDefinition ?? planDefinition(product, product.defaultPlan)).requests;

function sameChecks(before: LimitCheck[], after: LimitCheck[]): boolean {
  return (
    before.length === after.length &&
    before.every((check, index) => {
      const other = after[index];
      return other?.name === check.name && other.subject === check.subject && other.quota === check.quota;
    })
  );
}
