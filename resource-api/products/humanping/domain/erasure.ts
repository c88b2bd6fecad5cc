/**
 * What tasks keep about an agent or worker who was erased. Amounts stay, for the ledger is everybody's; words,
 * addresses and proofs go. Whoever delivered to an agent that is gone is paid; what nobody delivered goes back.
 */
import type { Services } from '../../../../shared/services.js';
import { approveTask, giveUpTask } from './settlement.js';

/** Takes an account out of the tasks. Doing it again changes nothing. */
export async function eraseTasks(tx: Services, accountId: string): Promise<void> {
  await eraseAsAgent(tx, accountId);
  await eraseAsWorker(tx, accountId);
}

async function eraseAsAgent(tx: Services, agentId: string): Promise<void> {
  const own = () => tx.db('bounties').where({ agent_id: agentId });
  await own().update({
    description: 'Erased task',
    context: '{}',
    callback_url: null,
    dispute_reason: null,
  });
  const open: string[] = await own().whereIn('status', ['pending', 'in_progress']).pluck('id');
  for (const id of open) await giveUpTask(tx, id);
  const waiting: string[] = await own().where({ status: 'proof_submitted' }).pluck('id');
  for (const id of waiting) await approveTask(tx, { id, agentId }, { overrideResult: 'erased' });
  await own().whereNotNull('result').update({ result: 'erased' });
  await tx
    .db('bounty_assignments')
    .whereIn('bounty_id', own().select('id'))
    .update({ proof_content: null, answer_hash: null });
}

async function eraseAsWorker(tx: Services, workerId: string): Promise<void> {
  const own = () => tx.db('bounty_assignments').where({ worker_id: workerId });
  const taken: string[] = await own().where({ state: 'accepted' }).pluck('bounty_id');
  for (const id of taken.sort()) {
    await tx
      .db('bounties')
      .where({ id })
      .update({
        places_taken: tx.db.raw('places_taken - 1'),
        status: tx.db.raw("case when places_taken = 1 then 'pending' else status end"),
      });
    await own().where({ bounty_id: id }).update({ state: 'expired' });
  }
  await own().update({ proof_content: null, answer_hash: null });
}
