/**
 * How every process learns that a credential changed. A change commits in Postgres and notifies in the same
 * transaction; each process listens on a connection of its own and drops what it had cached. The generation that
 * the change raises in Redis is checked with each request, so that a lost notification costs nothing while Redis
 * is there. Generations come from one sequence: whatever changes later has the higher number.
 */
import { raiseGeneration } from '../limiter/generations.js';
import type { Services } from '../services.js';

/** What a cached record, or what a process has built, can depend on. */
export type ChangeKind = 'key' | 'grant' | 'client' | 'account' | 'token' | 'signingKey';

export interface Change {
  kind: ChangeKind;
  id: string;
}

export const changeChannel = 'latchkey_changes';

/** The name of a change, as caches and generations know it. */
export const changeSubject = ({ kind, id }: Change): string => `${kind}:${id}`;

/**
 * Tells every process that what it may have cached about this subject is no longer so. Call it in the transaction
 * that changes the rows.
 */
export async function announceChange(services: Services, change: Change): Promise<void> {
  const subject = changeSubject(change);
  const { rows } = await services.db.raw(
    "select nextval('change_generation') as generation, pg_notify(?, ?)",
    [changeChannel, subject],
  );
  const generation: number = rows[0].generation;
  services.afterCommit(() => raiseGeneration(services, subject, generation));
}
