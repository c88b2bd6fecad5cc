/**
 * Browser sessions, as oidc-provider's Session records. The cookie's value is kept as a hash; the payload, which
 * repeats it, is sealed. One row per session `uid`: two authorizations that run at once in one browser both write
 * the row, and neither fails. Its id changes with the person who is signed in (auth-server/provider/provider-internals), and
 * one known before is worth nothing after.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { open, seal, sha256 } from '../../crypto/secrets.js';
import { DomainError } from '../../errors.js';
import { personIdOf } from '../../ids.js';
import { inTransaction, type Services } from '../../services.js';
import type { Payload } from '../oauth/oidc-records.js';
import { queueLogoutNotices } from './logout-notices.js';

/**
 * Stores a session. Throws `wrong_password` when it becomes a person's whose password was changed since they typed
 * it: `credentialVersion` of the payload is `users.token_version` as it was read with the password's hash.
 */
export async function upsertSession(
  services: Services,
  id: string,
  payload: Payload,
  expiresIn: number | undefined,
): Promise<void> {
  const uid = String(payload.uid);
  const userId = typeof payload.accountId === 'string' ? (personIdOf(payload.accountId) ?? null) : null;
  const row = {
    uid,
    id_hash: sha256(id),
    sealed_payload: seal(services.config, 'session', JSON.stringify(payload), uid),
    user_id: userId,
    expires_at: sqlFromNow(services, expiresIn ?? 0),
    seen_at: sqlNow(services),
  };
  await inTransaction(services, async (tx) => {
    if (userId !== null) await checkCredentialVersion(tx, uid, userId, payload.credentialVersion);
    await tx
      .db('browser_sessions')
      .insert({ ...row, created_at: sqlNow(tx) })
      .onConflict('uid')
      .merge({ ...row, ended_at: null })
      .where({ 'browser_sessions.revoked_at': null });
  });
}

/**
 * Lets a session become a person's only if the password that they signed in with is still theirs. The lock makes
 * this wait for a password change under way: such a change either finds this session and ends it, or is seen here.
 */
async function checkCredentialVersion(
  tx: Services,
  uid: string,
  userId: string,
  credentialVersion: unknown,
): Promise<void> {
  const known = await tx.db('browser_sessions').where({ uid, user_id: userId }).first('uid');
  if (known) return;
  const user = await tx.db('users').where({ id: userId }).forShare().first('token_version');
  if (user?.token_version !== credentialVersion) throw new DomainError('wrong_password');
}

export async function findSession(services: Services, id: string): Promise<Payload | undefined> {
  const row = await live(services)
    .where({ id_hash: sha256(id), ended_at: null })
    .first();
  return row && openPayload(services, row);
}

export async function findSessionByUid(services: Services, uid: string): Promise<Payload | undefined> {
  const row = await live(services).where({ uid }).first();
  return row && openPayload(services, row);
}

function live(services: Services) {
  return services
    .db('browser_sessions')
    .select('uid', 'sealed_payload')
    .whereNull('revoked_at')
    .where('expires_at', '>', sqlNow(services));
}

function openPayload(services: Services, row: { uid: string; sealed_payload: string }): Payload {
  return JSON.parse(open(services.config, 'session', row.sealed_payload, row.uid));
}

/**
 * oidc-provider destroys the old id before it saves the session under its new one, so this ends the id and not
 * the session; `endSession` ends a session for good.
 */
export async function destroySession(services: Services, id: string): Promise<void> {
  await services
    .db('browser_sessions')
    .where({ id_hash: sha256(id) })
    .update({ ended_at: sqlNow(services) });
}

/** undefined for one that was sealed under a key that is gone; it can be ended all the same. */
function tryOpenPayload(
  services: Services,
  row: { uid: string; sealed_payload: string },
): Payload | undefined {
  try {
    return openPayload(services, row);
  } catch {
    return undefined;
  }
}

/** Ends sessions so that nothing revives them, and lets the apps know that were used in them; `where` is columns of `browser_sessions`. */
export async function endSessions(
  services: Services,
  where: { uid?: string; user_id?: string },
  except?: string,
): Promise<number> {
  return inTransaction(services, async (tx) => {
    const query = tx.db('browser_sessions').where(where).whereNull('revoked_at');
    if (except !== undefined) query.whereNot({ uid: except });
    const ended: Array<{ uid: string; sealed_payload: string }> = await query
      .update({ revoked_at: sqlNow(tx) })
      .returning(['uid', 'sealed_payload']);
    for (const row of ended) {
      const payload = tryOpenPayload(tx, row);
      if (payload) await queueLogoutNotices(tx, payload);
    }
    return ended.length;
  });
}

export interface BrowserSession {
  uid: string;
  userAgent: string | null;
  address: string | null;
  signedInAt: Date;
  lastSeenAt: Date;
}

/** A person's sessions that are open now, the one seen last first. */
export async function listSessions(services: Services, userId: string): Promise<BrowserSession[]> {
  return services
    .db('browser_sessions')
    .where({ user_id: userId, revoked_at: null })
    .where('expires_at', '>', sqlNow(services))
    .orderBy('seen_at', 'desc')
    .select({
      uid: 'uid',
      userAgent: 'user_agent',
      address: 'address',
      signedInAt: 'created_at',
      lastSeenAt: 'seen_at',
    });
}
