/**
 * From what a request presents to who calls. Nothing here answers: a bad credential is carried along with its
 * precise reason, because limits are counted (and told) before anybody is turned away.
 */
import { type CredentialProblem, DomainError } from '../../shared/errors.js';
import type { GenerationCheck, LimitCheck, LimitDecision } from '../../shared/limiter/limit.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Product } from '../../shared/products/product.js';
import { accessTokenScheme } from '../credentials/access-token.js';
import { apiKeyScheme } from '../credentials/api-key.js';
import type { Remembered } from '../credentials/cache.js';
import { jwtAccessTokenScheme } from '../credentials/jwt-access-token.js';
import { type Possession, type Proof, provePossession } from '../credentials/possession.js';
import type { Presented } from '../credentials/presented.js';
import type { Candidate, CredentialScheme } from '../credentials/scheme.js';
import { sessionJwtScheme } from '../credentials/session-jwt.js';
import type { Caller } from '../routing/caller.js';
import type { Pipeline } from './pipeline.js';

const schemes: readonly CredentialScheme[] = [
  apiKeyScheme,
  accessTokenScheme,
  jwtAccessTokenScheme,
  sessionJwtScheme,
];

/** Who calls, or why that is not known; exactly one of `caller` and `problem`. */
export interface Identity {
  caller?: Caller;
  problem?: CredentialProblem;
  /** Whether anything was presented at all (RFC 6750 section 3.1: no `error` for those who sent nothing). */
  presented: boolean;
  /** Set when the token may be good, but its sender did not prove to hold the key that it is bound to. */
  unproven?: Exclude<Possession, 'proven'>;
  /** Set where there is a record: how to read it again, and what it is. */
  candidate?: Candidate;
  remembered?: Remembered;
}

export const nobody: Identity = { problem: 'credential_missing', presented: false };

const refused = (problem: CredentialProblem): Identity => ({ problem, presented: true });

/** Values that look like credentials but are none, per address and minute; counted in the process alone. */
const failedLookups = { name: 'failedLookups', quota: 60, window: { kind: 'fixed', seconds: 60 } } as const;

/** What a request tells of its sender besides the credential. */
export interface Sender {
  address: string;
  proof: Proof;
}

/** Throws `rate_limited` (as `LookupsRefused`) when an address tries too many values that nobody has. */
export async function identify(
  pipeline: Pipeline,
  product: Product,
  presented: Presented,
  sender: Sender,
): Promise<Identity> {
  if (presented.place === 'none') return nobody;
  if (presented.place === 'malformed') return refused('credential_malformed');
  if (presented.place === 'ambiguous') return refused('credential_ambiguous');
  for (const scheme of schemes) {
    const recognition = scheme.recognise(pipeline.services, product, presented);
    if (recognition.kind === 'wrong') return refused(recognition.problem);
    if (recognition.kind === 'candidate') {
      const identity = await lookUp(pipeline, product, recognition.candidate, sender.address);
      return demandProof(pipeline, identity, presented, sender.proof);
    }
  }
  const keysGoHere = presented.place === 'bearer' && product.keys.carriedIn.includes('bearer');
  return refused(keysGoHere ? 'credential_unknown' : 'token_invalid');
}

async function lookUp(
  { cache, limiter, services }: Pipeline,
  product: Product,
  candidate: Candidate,
  address: string,
): Promise<Identity> {
  const found = cache.find(candidate.id);
  if (found === 'unknown') return refused(candidate.whenUnknown);
  if (found) return judge(candidate, found, services.clock.ms());
  const check: LimitCheck = { ...failedLookups, subject: addressSubject(address) };
  const guard = limiter.takeAlone(product.id, [{ ...check, cost: 0 }]);
  if (!guard.allowed) throw new LookupsRefused(guard);
  const loaded = await cache.load(candidate.id, candidate.load);
  if (loaded) return judge(candidate, loaded, services.clock.ms());
  limiter.takeAlone(product.id, [check]);
  return refused(candidate.whenUnknown);
}

/** A token that is bound to a key needs a proof, and the scheme that carries proofs needs a bound token. */
async function demandProof(
  { services }: Pipeline,
  identity: Identity,
  { place, value }: Extract<Presented, { value: string }>,
  proof: Proof,
): Promise<Identity> {
  const boundTo = identity.remembered?.record.boundTo;
  if (place !== 'dpop' && boundTo === undefined) return identity;
  const possession =
    place === 'dpop' && boundTo !== undefined
      ? await provePossession(services, value, boundTo, proof)
      : 'refused';
  return possession === 'proven' ? identity : { ...refused('token_invalid'), unproven: possession };
}

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
  return loaded ? judge(candidate, loaded, services.clock.ms()) : refused(candidate.whenUnknown);
}

function judge(candidate: Candidate, remembered: Remembered, nowMs: number): Identity {
  const { caller, problem, whenExpired } = remembered.record;
  const known = { presented: true, candidate, remembered };
  if (problem) return { ...known, problem };
  const expired = caller.expiresAtMs !== null && caller.expiresAtMs <= nowMs;
  return expired ? { ...known, problem: whenExpired } : { ...known, caller };
}

/** An address tried too many unknown values; carries what the client is told about waiting. */
export class LookupsRefused extends DomainError {
  constructor(readonly decision: LimitDecision) {
    super('rate_limited');
  }
}
