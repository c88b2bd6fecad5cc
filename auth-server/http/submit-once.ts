/**
 * Forms that make something are good for one submission. Each carries a random value in the hidden field `once`;
 * the value and what was made are stored in one transaction, so that a reload or a second click makes nothing more.
 */
import { sqlFromNow } from '../../shared/clock.js';
import { sha256 } from '../../shared/crypto/secrets.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { ForeignForm } from './page.js';

/** Longer than anybody keeps a page open. */
const lifetimeSeconds = 7 * 86_400;

export interface Submission {
  userId: string;
  /** Path of the form: one value may stand in several forms of a page. */
  path: string;
  form: URLSearchParams;
}

/**
 * Runs `work` in a transaction unless the form was submitted before; then gives the id of what that submission
 * made. Parallel submissions wait for the first. When `work` throws, the form can be submitted again.
 */
export async function submitOnce<T extends { id: string }>(
  services: Services,
  { userId, path, form }: Submission,
  work: (tx: Services) => Promise<T>,
): Promise<{ made: T } | { madeBefore: string }> {
  const once = form.get('once') ?? '';
  if (!/^[\w-]{16,64}$/.test(once)) throw new ForeignForm();
  const id = sha256([userId, path, once].join('\n'));
  return inTransaction(services, async (tx) => {
    const [first] = await tx
      .db('submitted_forms')
      .insert({ id, ref: '', expires_at: sqlFromNow(tx, lifetimeSeconds) })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (!first) {
      const { ref } = await tx.db('submitted_forms').where({ id }).first('ref');
      return { madeBefore: ref };
    }
    const made = await work(tx);
    await tx.db('submitted_forms').where({ id }).update({ ref: made.id });
    return { made };
  });
}
