/**
 * The two ways in which something may leave the audit log: personal values, by erasure of a person, and the oldest
 * events, by age. Both leave a chain that still verifies, and both leave a trace in it or beside it.
 */

import { inTransaction, type Services } from '../services.js';
import { recordAudit, withholdPersonal } from './audit.js';
import { commonChain } from './audit-chain.js';
import { type SignedStatement, signStatement } from './audit-signing.js';

/**
 * Takes the personal values of a person out of every event in their own log, and of what they did in others' logs;
 * what this transaction records about them gets none. The events stay, with commitments that nobody can open.
 */
export async function erasePersonalAudit(services: Services, personId: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    withholdPersonal(tx, personId);
    const { rows } = await tx.db.raw(
      `with erased as (
         update audit_events set personal = null
         where personal is not null and (chain = ? or (actor_kind = 'person' and actor_id = ?))
         returning chain, seq
       ) select chain, max(seq) as seq, count(*) as events from erased group by chain`,
      [personId, personId],
    );
    for (const { chain, seq, events } of rows) {
      await recordAudit(tx, {
        accountId: chain === commonChain ? null : chain,
        action: 'personal.erased',
        actor: { kind: 'system', id: 'erasure' },
        details: { through: seq, events },
      });
    }
  });
}

export type Checkpoint = { chain: string; seq: number; hash: Buffer; at: Date } & Pick<
  SignedStatement,
  'public_key' | 'signature'
>;

/** What a checkpoint states: everything up to `seq`, which ended with this hash, was removed on purpose. */
export function checkpointStatement({ chain, seq, hash, at }: Omit<Checkpoint, 'public_key' | 'signature'>) {
  return { type: 'latchkey-audit-checkpoint', chain, seq, hash: hash.toString('hex'), at: at.toISOString() };
}

/**
 * Removes the oldest events behind a signed checkpoint for each chain. Looks at `limit` events per call and returns
 * how many it removed; 0 means that nothing so old is left.
 */
export async function pruneAudit(services: Services, before: Date, limit: number): Promise<number> {
  const { rows } = await services.db.raw(
    `select chain, max(seq) as seq
     from (select chain, seq from audit_events where at < ? order by at limit ?) as oldest
     group by chain order by chain collate "C"`,
    [before, limit],
  );
  let removed = 0;
  for (const { chain, seq } of rows) removed += await pruneChain(services, chain, seq);
  return removed;
}

async function pruneChain(services: Services, chain: string, seq: number): Promise<number> {
  return inTransaction(services, async (tx) => {
    await tx.db('audit_heads').where({ chain }).forUpdate().first('seq');
    const last: { hash: Buffer } | undefined = await tx
      .db('audit_events')
      .where({ chain, seq })
      .first('hash');
    if (!last) return 0;
    const place = { chain, seq, hash: last.hash, at: tx.clock.now() };
    const { public_key, signature } = signStatement(tx.config, checkpointStatement(place));
    await tx.db('audit_checkpoints').insert({ ...place, public_key, signature });
    await tx.db('audit_checkpoints').where({ chain }).where('seq', '<', seq).delete();
    return tx.db('audit_events').where({ chain }).where('seq', '<=', seq).delete();
  });
}
