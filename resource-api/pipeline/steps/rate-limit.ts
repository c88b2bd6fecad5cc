/**
 * Which limits a request meets, and the one call that asks them all. That call also tells which of the caller's
 * records are out of date; such a record is read again once, and the limits of who it turns out to be are asked.
 */

import { DomainError } from '../../../shared/errors.js';
import { planDefinition } from '../../../shared/identity/people/plans.js';
import type { LeaseRequest, LimitCheck, LimitDecision } from '../../../shared/limiter/limit.js';
import type { PreparedTake } from '../../../shared/limiter/prepared-take.js';
import { RateLimitedError } from '../../../shared/limiter/rate-limited-error.js';
import { addressSubject, emailSubject } from '../../../shared/limiter/subjects.js';
import type { LimitDefinition, Product } from '../../../shared/products/product.js';
import type { Caller } from '../../routing/caller.js';
import type { Route } from '../../routing/route.js';
import { anonymous, type Identity } from '../identity.js';
import { type RequestContext, routeOf } from '../request-context.js';
import { identifyAgain } from './authenticate.js';

interface Subjects {
  address: string;
  /** The `email` of the body, where a limit of the route counts by it. */
  email: string | undefined;
}

/** Whether a limit of the route counts something that stands in the body. */
export function countsByBody(product: Product, route: Route): boolean {
  return (route.options.limits ?? []).some((name) => product.limits[name]?.subject === 'emailAndAddress');
}

/** Seconds after which the lease of a connection ends unless it is renewed. */
const leaseTtlSeconds = 60;

/**
 * Takes every limit of the request, and a lease for a connection that stays open. Throws `rate_limited`. A route
 * that is open to all may be without limits (a health check).
 */
export async function takeLimits(context: RequestContext): Promise<undefined> {
  const route = routeOf(context);
  if (route?.options.unlimited) return;
  const { pipeline, product, identity = anonymous } = context;
  const { limiter } = pipeline;
  const { candidate, remembered } = identity;
  const prepared = prepareLimits(context, identity);
  const decision = await limiter.takePrepared(prepared, leaseFor(context));
  context.decision = decision;
  if (decision.stale.length > 0 && candidate && remembered) {
    const renewed = await identifyAgain(pipeline, candidate, remembered, decision.stale);
    const subjects = subjectsOf(context);
    const checks = checksFor(product, route, identity.caller, subjects);
    const newChecks = checksFor(product, route, renewed.caller, subjects);
    context.identity = renewed;
    context.decision = await takeAgain(
      context,
      { identity, checks, decision },
      { identity: renewed, checks: newChecks },
    );
  }
  if (!context.decision.allowed) throw new DomainError('rate_limited');
}

/**
 * Sets the decision of a request that is answered before its limits are taken: the state of the limits that count by
 * IP address, because every response of a product shows its limits. Charges nothing.
 */
export function showLimits(context: RequestContext): Promise<void> | undefined {
  return context.decision || routeOf(context)?.options.unlimited ? undefined : readLimits(context);
}

/** Adds the limit that a handler met, if that is why the request failed, to those that its response shows. */
export function addRefusal(context: RequestContext, error: unknown): void {
  if (!(error instanceof RateLimitedError)) return;
  const { decision } = error;
  context.decision = { ...decision, usages: [...(context.decision?.usages ?? []), ...decision.usages] };
}

async function readLimits(context: RequestContext): Promise<void> {
  const { pipeline, product, ipAddress, lookupsRefused } = context;
  const checks = checksFor(product, undefined, undefined, { address: ipAddress, email: undefined });
  const free = checks.map((check) => ({ ...check, cost: 0 }));
  const figures = await pipeline.limiter.take(product.id, free);
  context.decision = lookupsRefused
    ? { ...lookupsRefused, usages: [...figures.usages, ...lookupsRefused.usages] }
    : { ...figures, allowed: true, refusedBy: undefined };
}

interface Taken {
  identity: Identity;
  checks: LimitCheck[];
  decision: LimitDecision;
}

/** The decision that holds for a caller whose record has turned out to be another. */
async function takeAgain(
  { pipeline: { limiter }, product }: RequestContext,
  { identity, checks, decision }: Taken,
  renewed: Omit<Taken, 'decision'>,
): Promise<LimitDecision> {
  if (sameChecks(checks, renewed.checks)) return decision;
  if (!decision.allowed || !identity.caller !== !renewed.identity.caller) {
    if (decision.lease) await limiter.releaseLease(decision.lease);
    return limiter.take(product.id, renewed.checks);
  }
  // The request is charged already; only the figures of the new plan are missing.
  const figures = await limiter.take(
    product.id,
    renewed.checks.map((check) => ({ ...check, cost: 0 })),
  );
  return { ...decision, usages: figures.usages };
}

/** The limits of a request with their keys; a remembered record keeps them where they count by the caller alone. */
function prepareLimits(context: RequestContext, { caller, remembered }: Identity): PreparedTake {
  const { pipeline, product } = context;
  const route = routeOf(context);
  const routeLimits = route?.options.limits;
  const kept = remembered?.prepared;
  if (kept && kept.routeLimits === routeLimits && caller) return kept.take;
  const checks = checksFor(product, route, caller, subjectsOf(context));
  const take = pipeline.limiter.prepare(product.id, checks, remembered?.generations ?? []);
  if (remembered && caller && checks.every(({ name }) => countsByCaller(product, name))) {
    remembered.prepared = { routeLimits, take };
  }
  return take;
}

function countsByCaller({ limits }: Product, name: string): boolean {
  const subject = limits[name]?.subject;
  return subject === 'key' || subject === 'account';
}

function subjectsOf({ ipAddress, earlyBody }: RequestContext): Subjects {
  const email = earlyBody?.value?.value?.email;
  return { address: ipAddress, email: typeof email === 'string' ? email : undefined };
}

/** A WebSocket takes one of the connections that its caller may have open at a time. */
function leaseFor({ upgrade, product, identity }: RequestContext): LeaseRequest | undefined {
  if (!upgrade || !identity?.caller || product.connections === undefined) return undefined;
  return {
    name: 'connections',
    subject: callerSubject(identity.caller, 'key'),
    quota: product.connections,
    ttlSeconds: leaseTtlSeconds,
  };
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
  if (subject === 'emailAndAddress') {
    return email === undefined ? undefined : `${emailSubject(email)} ${addressSubject(address)}`;
  }
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
