/**
 * Looks the presented credential up. Nothing is refused here except an IP address that tries too many unknown
 * values: a bad credential becomes an identity with a problem, because limits are taken before anybody is refused.
 */
import { DomainError } from '../../../shared/errors.js';
import type { GenerationCheck, LimitCheck } from '../../../shared/limiter/limit.js';
import { addressSubject } from '../../../shared/limiter/subjects.js';
import { accessTokenScheme } from '../../credentials/access-token.js';
import { apiKeyScheme } from '../../credentials/api-key.js';
import type { Remembered } from '../../credentials/cache.js';
import { jwtAccessTokenScheme } from '../../credentials/jwt-access-token.js';
import { provePossession } from '../../credentials/possession.js';
import type { Presented } from '../../credentials/presented.js';
import type { Candidate, CredentialScheme } from '../../credentials/scheme.js';
import { sessionJwtScheme } from '../../credentials/session-jwt.js';
import { anonymous, type Identity, unaccepted } from '../identity.js';
import type { Pipeline } from '../pipeline.js';
import type { RequestContext } from '../request-context.js';

const schemes: readonly CredentialScheme[] = [
  apiKeyScheme,
  accessTokenScheme,
  jwtAccessTokenScheme,
  sessionJwtScheme,
];

/** Values that look like credentials but are none, per address and minute; counted in the process alone. */
const failedLookups = { name: 'failedLookups', quota: 60, window: { kind: 'fixed', seconds: 60 } } as const;

/** Sets the identity. Throws `rate_limited` when an IP address tries too many values that are no credential. */
export function lookUpCredential(context: RequestContext): Promise<undefined> | undefined {
  const identity = identify(context);
  if (!(identity instanceof Promise)) {
    context.identity = identity;
    return undefined;
  }
  return identity.then((found) => {
    context.identity = found;
    return undefined;
  });
}

/** The identity of what the request presents; at once when the process remembers it. */
export function identify(context: RequestContext): Identity | Promise<Identity> {
  const { pipeline, product, presented } = context;
  if (presented.place === 'none') return anonymous;
  if (presented.place === 'malformed') return unaccepted('credential_malformed');
  if (presented.place === 'ambiguous') return unaccepted('credential_ambiguous');
  for (const scheme of schemes) {
    const recognition = scheme.recognise(pipeline.services, product, presented);
    if (recognition.kind === 'wrong') return unaccepted(recognition.problem);
    if (recognition.kind === 'candidate') return lookUp(context, recognition.candidate, presented);
  }
  const keysGoHere = presented.place === 'bearer' && product.keys.carriedIn.includes('bearer');
  return unaccepted(keysGoHere ? 'credential_unknown' : 'token_invalid');
}

type PresentedValue = Extract<Presented, { value: string }>;

function lookUp(
  context: RequestContext,
  candidate: Candidate,
  presented: PresentedValue,
): Identity | Promise<Identity> {
  const { cache, services } = context.pipeline;
  const found = cache.find(candidate.id);
  if (found === 'unknown') return unaccepted(candidate.whenUnknown);
  if (!found && candidate.isPlausible?.() === false) return unaccepted(candidate.whenUnknown);
  if (!found) return load(context, candidate, presented);
  return demandProof(context, judge(candidate, found, services.clock.ms()), presented);
}

async function load(
  context: RequestContext,
  candidate: Candidate,
  presented: PresentedValue,
): Promise<Identity> {
  const { pipeline, product, ipAddress } = context;
  const { cache, limiter, services } = pipeline;
  const check: LimitCheck = { ...failedLookups, subject: addressSubject(ipAddress) };
  const guard = limiter.takeAlone(product.id, [{ ...check, cost: 0 }]);
  if (!guard.allowed) {
    context.lookupsRefused = guard;
    throw new DomainError('rate_limited');
  }
  const loaded = await cache.load(candidate.id, candidate.load);
  if (loaded) return demandProof(context, judge(candidate, loaded, services.clock.ms()), presented);
  limiter.takeAlone(product.id, [check]);
  return unaccepted(candidate.whenUnknown);
}

/** A token that is bound to a key needs a proof, and the scheme that carries proofs needs a bound token. */
function demandProof(
  context: RequestContext,
  identity: Identity,
  { place, value }: PresentedValue,
): Identity | Promise<Identity> {
  const boundTo = identity.remembered?.record.boundTo;
  if (place !== 'dpop') return boundTo === undefined ? identity : unproven('refused');
  if (boundTo === undefined) return unproven('refused');
  const { pipeline, req, method, baseUrl, path } = context;
  const { dpop } = req.headers;
  const proof = { value: dpop === undefined ? undefined : String(dpop), method, address: baseUrl + path };
  return provePossession(pipeline.services, value, boundTo, proof).then((possession) =>
    possession === 'proven' ? identity : unproven(possession),
  );
}

const unproven = (how: 'refused' | 'stale'): Identity => ({ ...unaccepted('token_invalid'), unproven: how });

/** Reads a credential again, because Redis knows of changes that the record is older than. */
export async function identifyAgain(
  { cache, services }: Pipeline,
  candidate: Candidate,
  older: Remembered,
  newer: readonly GenerationCheck[],
): Promise<Identity> {
  const known = older.generations.map(
    (check) => newer.find(({ subject }) => subject === check.subject) ?? check,
  );
  cache.forget(candidate.id);
  const loaded = await cache.load(candidate.id, candidate.load, known);
  return loaded ? judge(candidate, loaded, services.clock.ms()) : unaccepted(candidate.whenUnknown);
}

function judge(candidate: Candidate, remembered: Remembered, nowMs: number): Identity {
  const { caller, problem, whenExpired } = remembered.record;
  const known = { presented: true, candidate, remembered };
  if (problem) return { ...known, problem };
  const expired = caller.expiresAtMs !== null && caller.expiresAtMs <= nowMs;
  return expired ? { ...known, problem: whenExpired } : { ...known, caller };
}
