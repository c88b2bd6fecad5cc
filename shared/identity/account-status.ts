/**
 * Switching a person off and on again. Off ends everything at once: sign-ins and connected apps for good, API keys
 * and apps of their own for as long as it lasts, since both are judged by their owner's status.
 */
import { recordAudit } from '../audit/audit.js';
import { announceChange } from '../changes/changes.js';
import { DomainError } from '../errors.js';
import { inTransaction, type Services } from '../services.js';
import type { Actor } from './people/users.js';
import { endSignIns } from './sign-in/sign-ins.js';

/** Switches a person off. Doing it again changes nothing. Throws `not_found`. */
export async function disableUser(services: Services, userId: string, actor: Actor): Promise<void> {
  await changeStatus(services, userId, 'disabled', actor, async (tx) => {
    await endSignIns(tx, userId, actor);
    await announceOwnClients(tx, userId);
  });
}

/** Switches a person on again: they sign in anew, and their keys and apps work as before. Throws `not_found`. */
export async function enableUser(services: Services, userId: string, actor: Actor): Promise<void> {
  await changeStatus(services, userId, 'active', actor, async (tx) => {
    await announceChange(tx, { kind: 'account', id: userId });
    await announceOwnClients(tx, userId);
  });
}

async function changeStatus(
  services: Services,
  userId: string,
  status: 'active' | 'disabled',
  actor: Actor,
  consequences: (tx: Services) => Promise<void>,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const user = await tx.db('users').where({ id: userId }).forUpdate().first('status');
    if (!user || user.status === 'erased') throw new DomainError('not_found', { subject: 'user' });
    if (user.status === status) return;
    await tx.db('users').where({ id: userId }).update({ status });
    await consequences(tx);
    await recordAudit(tx, {
      accountId: userId,
      action: status === 'active' ? 'user.enabled' : 'user.disabled',
      actor,
      target: { kind: 'user', id: userId },
    });
  });
}

/** What caches remember of a client depends on its owner. */
async function announceOwnClients(tx: Services, userId: string): Promise<void> {
  const ids: string[] = await tx.db('oauth_clients').where({ user_id: userId }).pluck('id');
  for (const id of ids) await announceChange(tx, { kind: 'client', id });
}
