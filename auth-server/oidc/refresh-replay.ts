/**
 * Refresh rotation that forgives a lost answer. A refresh token that was used up may be presented again for
 * `REFRESH_GRACE_SECONDS` by the same client: it gets the very same answer, never a second child. The answer lies
 * on the used row, sealed with a key that only the presented token yields. Once its successor has been used, or
 * the window is over, the same replay is an attack and ends the family (RFC 9700 section 4.14.2).
 *
 * The window is counted from the first use and never slides: a thief who keeps retrying gains nothing.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { openWith, sealWith, sha256 } from '../../shared/crypto/secrets.js';
import {
  findRecord,
  type OidcRecord,
  storeRefreshResponse,
} from '../../shared/identity/oauth/oidc-records.js';
import type { Services } from '../../shared/services.js';

/** The members of a refresh request that the stored answer was made for. */
export interface RefreshRequest {
  clientId: string;
  scope: string | undefined;
  resource: string | undefined;
  /** Thumbprint of the key that the request proved to hold (RFC 9449). */
  key: string | undefined;
}

interface StoredResponse {
  request: RefreshRequest;
  body: Record<string, unknown>;
}

const lostRefreshes = new AsyncLocalStorage<{ token?: string }>();

/** Runs a token request; afterwards `lostRefresh()` tells whether it came second to use up a refresh token. */
export function watchLostRefresh<T>(work: (lostRefresh: () => string | undefined) => Promise<T>): Promise<T> {
  const found: { token?: string } = {};
  return lostRefreshes.run(found, () => work(() => found.token));
}

export function noteLostRefresh(token: string): void {
  const found = lostRefreshes.getStore();
  if (found) found.token = token;
}

const answerKey = (token: string): Buffer => sha256(`refresh-answer:${token}`);

/** Keeps the answer on the refresh token that it used up, in the transaction of that use, and touches its grant. */
export async function keepAnswer(
  services: Services,
  used: { token: string; grantId: string },
  request: RefreshRequest,
  body: Record<string, unknown>,
): Promise<void> {
  const response: StoredResponse = { request, body };
  const sealed = sealWith(answerKey(used.token), JSON.stringify(response));
  await storeRefreshResponse(services, used.token, sealed, used.grantId);
}

/** Whether a used refresh token still leads to its answer: inside the window, successor unused. */
export async function replayableConsumption(
  services: Services,
  model: string,
  token: string,
  record: OidcRecord,
): Promise<boolean> {
  return model === 'RefreshToken' && (await openAnswer(services, token, record)) !== undefined;
}

/** The stored answer for a repeated request, or undefined when it may not have it (any more). */
export async function findAnswer(
  services: Services,
  token: string,
  request: RefreshRequest,
): Promise<Record<string, unknown> | undefined> {
  const record = await findRecord(services, 'RefreshToken', token);
  const response = record && (await openAnswer(services, token, record));
  if (!response) return undefined;
  const same =
    response.request.clientId === request.clientId &&
    response.request.scope === request.scope &&
    response.request.resource === request.resource &&
    response.request.key === request.key;
  return same ? response.body : undefined;
}

async function openAnswer(
  services: Services,
  token: string,
  record: OidcRecord,
): Promise<StoredResponse | undefined> {
  const { firstUsedAt, sealedAnswer } = record;
  if (firstUsedAt === undefined || sealedAnswer === null) return undefined;
  if (firstUsedAt + services.config.refreshGraceSeconds <= services.clock.seconds()) return undefined;
  const text = openWith(answerKey(token), sealedAnswer);
  if (text === undefined) return undefined;
  const response: StoredResponse = JSON.parse(text);
  const successor = response.body.refresh_token;
  if (typeof successor !== 'string') return undefined;
  const successorRecord = await findRecord(services, 'RefreshToken', successor);
  return successorRecord && successorRecord.consumedAt === undefined ? response : undefined;
}
