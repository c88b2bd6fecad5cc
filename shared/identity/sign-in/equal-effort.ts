/**
 * Equal answers are not enough where an address must not be told from another: the time that an answer takes says
 * as much. So the work for an unknown address is really done, down to its last statement, and then undone.
 */
import { createTransactionState, type Services } from '../../services.js';

/**
 * Does `work` in a savepoint of the caller's transaction and keeps its effect only if `keep` says so. Throws what
 * `work` throws.
 */
export async function performOrSimulate(
  tx: Services,
  keep: boolean,
  work: (tx: Services) => Promise<unknown>,
): Promise<void> {
  const savepoint = await tx.db.transaction();
  const inner: Services = keep
    ? { ...tx, db: savepoint }
    : { ...tx, db: savepoint, transaction: createTransactionState(), afterCommit: () => undefined };
  try {
    await work(inner);
  } catch (error) {
    await savepoint.rollback();
    throw error;
  }
  await (keep ? savepoint.commit() : savepoint.rollback());
}
