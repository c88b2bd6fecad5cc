/**
 * Everything by which a person is signed in anywhere: browsers, JWTs, and the apps that act for them. A new
 * password means that the old one may be known to somebody else, so all of it ends together.
 */
import { announceChange } from '../../changes/changes.js';
import type { Services } from '../../services.js';
import { endGrants } from '../oauth/grants.js';
import type { Actor } from '../people/users.js';
import { endSessions } from './browser-sessions.js';
import { voidEmailLinks } from './email-links.js';

interface Kept {
  /** The browser session of the one who asks for it. */
  sessionUid?: string;
  /** Leaves connected apps as they are. */
  grants?: boolean;
}

/**
 * Ends a person's browser sessions, JWTs, connected apps and unused links; every process knows at once. Call it in
 * the transaction of its cause.
 */
export async function endSignIns(tx: Services, userId: string, actor: Actor, kept: Kept = {}): Promise<void> {
  await tx.db('users').where({ id: userId }).increment('token_version', 1);
  await endSessions(tx, { user_id: userId }, kept.sessionUid);
  await voidEmailLinks(tx, userId);
  if (!kept.grants) await endGrants(tx, { user_id: userId }, actor);
  await announceChange(tx, { kind: 'account', id: userId });
}
