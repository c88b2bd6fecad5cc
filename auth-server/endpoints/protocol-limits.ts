/**
 * Limits of the protocol endpoints. A client is charged when oidc-provider looks it up, by the adapter: that is
 * the first moment at which its id is known whatever way it came (header, form, JSON, assertion), and the last
 * before the database is asked. The id is only claimed by then, so it is counted together with the IP address. A
 * client that has to authenticate is then counted by itself too; that is given back when authentication fails, and
 * the failure is counted for the IP address.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { tokenChangeId } from '../../shared/identity/oauth/oidc-records.js';
import { limitFieldNames, limitFields } from '../../shared/limiter/headers.js';
import type { LimitDecision } from '../../shared/limiter/limit.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { type Attempt, type AuthLimitName, setRefused, takeKnownLimits, takeLimits } from '../http/limits.js';
import { protocolErrorOf } from './protocol-error.js';

/** The rate limits of one endpoint, as the table of endpoints names them. */
export interface EndpointLimits {
  /** Counted by client. */
  client?: AuthLimitName;
  /** Counted by IP address. */
  address?: AuthLimitName;
}

interface OpenRequest {
  services: Services;
  /** The subject of the caller's IP address. */
  subject: string;
  claimed?: boolean;
  limit: AuthLimitName | undefined;
  /** The client charged, by the id it claimed. */
  charged?: Attempt;
  decision?: LimitDecision;
}

const requests = new AsyncLocalStorage<OpenRequest>();

/** Runs `work`, which handles the request, within the limits of its endpoint. */
export async function limitEndpoint(
  services: Services,
  { client, address }: EndpointLimits,
  ctx: KoaContextWithOIDC,
  work: () => Promise<void>,
): Promise<void> {
  const subject = addressSubject(ctx.ip);
  const failures = takeKnownLimits(services, [
    { limit: 'clientFailures', subject, cost: 0 },
    { limit: 'unauthorized', subject, cost: 0 },
  ]);
  if (!failures.allowed) return refuse(ctx, failures);
  const first = address && (await takeLimits(services, [{ limit: address, subject }]));
  if (first && !first.allowed) return refuse(ctx, first);
  const request: OpenRequest = { services, subject, limit: client, decision: first };
  await requests.run(request, work);
  if (ctx.status === 401) await countFailure(request, ctx, subject);
  else if (request.decision) tell(ctx, request.decision);
}

/**
 * Charges what the request under way claims: a client id together with the caller's IP address. Nobody else's
 * requests count there, so a public client, whose id anybody can send, cannot be locked out. Throws the protocol's
 * error when nothing is left.
 */
export async function chargeClaim(clientId: string): Promise<void> {
  const request = requests.getStore();
  if (!request?.limit || request.claimed) return;
  request.claimed = true;
  await charge(request, { limit: request.limit, subject: `client:${clientId}:${request.subject}` });
}

/**
 * Charges a client that has to authenticate, over all IP addresses, once per request. What was charged is given back
 * when it fails to. Throws the protocol's error when nothing is left.
 */
export async function chargeClient(clientId: string): Promise<void> {
  const request = requests.getStore();
  if (!request?.limit || request.charged) return;
  request.charged = { limit: request.limit, subject: `client:${clientId}` };
  await charge(request, request.charged);
}

async function charge(request: OpenRequest, attempt: Attempt): Promise<void> {
  request.decision = await takeLimits(request.services, [attempt]);
  if (!request.decision.allowed) throw tooManyRequests();
}

/** Charges a device's poll; other look-ups of its code cost nothing. Throws `slow_down` (RFC 8628 section 3.5). */
export async function chargePoll(code: string): Promise<void> {
  const request = requests.getStore();
  if (request?.limit !== 'tokens') return;
  const subject = `device:${tokenChangeId(code)}`;
  const decision = await takeLimits(request.services, [{ limit: 'devicePolls', subject }]);
  if (!decision.allowed) throw new errors.SlowDown();
}

async function countFailure(request: OpenRequest, ctx: KoaContextWithOIDC, subject: string): Promise<void> {
  const { services, charged } = request;
  const limit = protocolErrorOf(ctx)?.error === 'invalid_client' ? 'clientFailures' : 'unauthorized';
  await takeLimits(services, [{ limit, subject }]);
  if (charged) await takeLimits(services, [{ ...charged, cost: -1 }]);
}

function refuse(ctx: KoaContextWithOIDC, decision: LimitDecision): void {
  setRefused(ctx, decision);
  const { message, error_description } = tooManyRequests();
  ctx.body = { error: message, error_description };
}

function tell(ctx: KoaContextWithOIDC, decision: LimitDecision): void {
  ctx.set(limitFields(decision));
  if (ctx.response.get('access-control-allow-origin')) {
    ctx.append('Access-Control-Expose-Headers', limitFieldNames.join(', '));
  }
}

/** RFC 6749 has a word for "not now" and none for "too often"; the status says the rest. */
function tooManyRequests(): errors.CustomOIDCProviderError {
  const error = new errors.CustomOIDCProviderError('temporarily_unavailable', 'too many requests');
  return Object.assign(error, { status: 429, statusCode: 429 });
}
