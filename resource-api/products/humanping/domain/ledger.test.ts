/**
 * The ledger under whatever happens, in whatever order and at the same time: it always sums to zero, and every
 * balance that stands elsewhere is what its entries say.
 */

import { DomainError } from '../../../../shared/errors.js';
import { createAgent } from '../../../../shared/identity/people/agents.js';
import { inTransaction } from '../../../../shared/services.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestUser } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { acceptTask, submitProof } from './assignments.js';
import { taskHandlers } from './jobs.js';
import { accountOf, creditAgent, postTransaction } from './ledger.js';
import { approveTask, commissionOf, disputeTask, splitEqually } from './settlement.js';
import { createTask } from './tasks.js';

const { services, clock } = await createTestServices();
const operator = { kind: 'operator', id: 'test' } as const;

/** Numbers that look random and are the same in each run (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function expectBalancedLedger(): Promise<void> {
  const { rows } = await services.db.raw(`
    with balances as (select account, sum(amount_cents) as cents from ledger_entries group by account)
    select
      (select coalesce(sum(cents), 0) from balances) as sum,
      (select count(*) from agents left join balances on account = 'agent:' || id
        where balance_cents <> coalesce(cents, 0)) as agents,
      (select count(*) from bounties left join balances on account = 'escrow:' || id
        where coalesce(cents, 0) <> case when settled_at is not null then 0
          when free then least(budget_cents, 1000) else budget_cents end) as escrows,
      (select count(*) from (select worker_id, sum(earned_cents) as earned from bounty_assignments
        group by worker_id) as work left join balances on account = 'worker:' || worker_id
        where earned <> coalesce(cents, 0)) as workers,
      (select count(*) from balances
        where cents < 0 and account not in ('operator', 'promotion')) as overdrawn`);
  expect(rows).toEqual([{ sum: '0', agents: 0, escrows: 0, workers: 0, overdrawn: 0 }]);
}

test.each([1, 2, 3])(
  'it balances after anything that agents, workers and time do (seed %i)',
  async (seed) => {
    const random = createRandom(seed);
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
    const agents: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const agent = await createAgent(services, { name: 'Bot', email: `bot${seed}-${index}@example.org` });
      if (agent) agents.push(agent.id);
    }
    const workers: string[] = [];
    for (let index = 0; index < 4; index += 1)
      workers.push((await createTestUser(services, { human: true })).id);
    const tasks: { id: string; agentId: string }[] = [];

    const steps: (() => Promise<unknown>)[] = [
      () => creditAgent(services, { agentId: pick(agents), cents: 1 + random(3_000) }, operator),
      async () => {
        const agentId = pick(agents);
        const { id } = await createTask(services, agentId, {
          product: 'any',
          type: 'custom',
          description: 'd',
          budgetCents: 3 + random(2_000),
          urgency: 'standard',
          proofRequired: 'text',
          context: {},
          deadline: pick(['10m', '1h', '2h']),
          places: 1 + random(3),
          address: `198.51.100.${random(250)}`,
        });
        tasks.push({ id, agentId });
      },
      ...Array.from({ length: 4 }, () => async () => {
        const ref = { taskId: pick(tasks).id, workerId: pick(workers) };
        await acceptTask(services, ref);
        if (random(4) > 0) await submitProof(services, ref, { type: 'text', content: pick(['yes', 'no']) });
      }),
      () => approveTask(services, pick(tasks), random(2) ? { overrideResult: 'yes' } : {}),
      () => disputeTask(services, pick(tasks)),
    ];
    for (let round = 0; round < 30; round += 1) {
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, async () => (tasks.length === 0 ? steps[1]?.() : pick(steps)())),
      );
      const unforeseen = results.filter(
        (result) => result.status === 'rejected' && !(result.reason instanceof DomainError),
      );
      expect(unforeseen).toEqual([]);
      if (random(3) === 0) {
        clock.advance(random(40) * 60_000);
        await runDueJobs(services, taskHandlers);
      }
      await expectBalancedLedger();
    }
    const statuses = await services.db('bounties').distinct('status').pluck('status');
    expect(statuses).toEqual(expect.arrayContaining(['completed', 'disputed', 'expired']));
  },
);

test('the database itself refuses what does not sum to zero, and any change of what is written', async () => {
  const entries = [
    { account: accountOf.operator, amountCents: -5 },
    { account: accountOf.commission, amountCents: 5 },
  ];
  await inTransaction(services, (tx) => postTransaction(tx, { kind: 'credit', entries }));
  await expect(postTransaction(services, { kind: 'credit', entries: entries.slice(1) })).rejects.toThrow();
  const { transaction_id: id } = await services.db('ledger_entries').first('transaction_id');
  const bare = services
    .db('ledger_entries')
    .insert({ transaction_id: id, account: 'operator', amount_cents: 1 });
  await expect(bare).rejects.toThrow('does not sum to zero');
  await expect(services.db('ledger_entries').update({ amount_cents: 1 })).rejects.toThrow(
    'only ever added to',
  );
  await expect(services.db('ledger_entries').delete()).rejects.toThrow('only ever added to');
});

test('cents are never lost by splitting', () => {
  expect(splitEqually(100, 3)).toEqual([34, 33, 33]);
  for (let cents = 0; cents < 500; cents += 7) {
    for (let shares = 1; shares < 8; shares += 1) {
      expect(splitEqually(cents, shares).reduce((sum, share) => sum + share, 0)).toBe(cents);
    }
  }
  expect([0, 1, 2, 3, 50, 100, 999].map(commissionOf)).toEqual([0, 0, 0, 1, 9, 18, 180]);
});
