/**
 * Whether a session JWT still stands: its person is active, the password is the one it was issued under, and it
 * was not signed out. A signature cannot tell that, so each use asks; the answer may be cached for as long as
 * nothing changes `jwtSubjects`.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange, type Change } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import type { Product } from '../../products/product.js';
import { inTransaction, type Services } from '../../services.js';
import { auditOrigin, type Origin } from '../people/origin.js';
import type { User } from '../people/users.js';
import type { SessionClaims } from './session-jwts.js';

export interface SessionStatus {
  accountStatus: User['status'];
  tokenVersion: number;
  /** Signed out by itself. */
  ended: boolean;
}

/** What a cached standing depends on: drop it when one of these changes. */
export const jwtSubjects = ({ userId, jti }: SessionClaims): Change[] => [
  { kind: 'account', id: userId },
  { kind: 'token', id: jti },
];

/** How things stand for a token now; undefined when its person is unknown. */
export async function findSessionStatus(
  services: Services,
  { userId, jti }: Pick<SessionClaims, 'userId' | 'jti'>,
): Promise<SessionStatus | undefined> {
  const { rows } = await services.db.raw(
    `select status as "accountStatus", token_version as "tokenVersion",
            exists (select from ended_jwts where jti = ?) as ended
     from users where id = ?`,
    [jti, userId],
  );
  return rows[0];
}

/** Whether the token may be used: its person active, no password change since, not signed out. */
export function isSessionActive(
  { tokenVersion }: Pick<SessionClaims, 'tokenVersion'>,
  standing: SessionStatus | undefined,
): boolean {
  return standing?.accountStatus === 'active' && standing.tokenVersion === tokenVersion && !standing.ended;
}

/** Signs out one token; every process refuses it from its next request on. Again is no error. */
export async function endSessionJwt(
  services: Services,
  product: Product,
  { userId, jti, expiresAt }: Pick<SessionClaims, 'userId' | 'jti' | 'expiresAt'>,
  origin: Origin = {},
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const ended = await tx
      .db('ended_jwts')
      .insert({
        jti,
        user_id: userId,
        ended_at: sqlNow(tx),
        expires_at: new Date(expiresAt * 1000),
      })
      .onConflict('jti')
      .ignore()
      .returning('jti');
    if (ended.length === 0) return;
    await announceChange(tx, { kind: 'token', id: jti });
    await recordAudit(tx, {
      accountId: userId,
      action: 'jwt.ended',
      actor: { kind: 'person', id: userId },
      credentialId: jti,
      details: { product: product.id },
      ...auditOrigin(origin),
    });
  });
}
