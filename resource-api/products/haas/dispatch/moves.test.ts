/** The one table of moves: what stands in it happens, what does not is refused and changes nothing. */

import { DomainError } from '../../../../shared/errors.js';
import { eraseUser } from '../../../../shared/identity/erasure.js';
import { inTransaction } from '../../../../shared/services.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestUser } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { apiHandlers } from '../../../job-handlers.js';
import { allowedMoves, moveTask } from './moves.js';
import { findTaskLocked, type TaskStatus, taskStatuses, terminalStatuses } from './task.js';

const { services, clock } = await createTestServices();
let count = 0;

async function insertTask(status: TaskStatus, accountId = 'account', humanId = 'maria_42'): Promise<string> {
  count += 1;
  const id = `task_${count}`;
  await services.db('dispatched_tasks').insert({
    id,
    account_id: accountId,
    product: 'product',
    environment: 'test',
    requester_id: 'key',
    human_id: humanId,
    status,
    type: 'physical',
    priority: 'normal',
    title: 'A secret title',
    description: 'A secret description',
    metadata: { secret: true },
    created_at: clock.now(),
    updated_at: clock.now(),
    finished_at: terminalStatuses.includes(status) ? clock.now() : null,
  });
  return id;
}

const move = (id: string, to: TaskStatus) =>
  inTransaction(services, async (tx) => {
    const task = await findTaskLocked(tx, id);
    return task && moveTask(tx, task, to, { reason: 'tried' });
  });

const statusOf = async (id: string) =>
  (await services.db('dispatched_tasks').where({ id }).first('status', 'status_reason', 'finished_at')) ?? {};

test.each(taskStatuses)('from %s only the moves of the table are made', async (from) => {
  for (const to of taskStatuses) {
    const id = await insertTask(from);
    const before = await statusOf(id);
    if (allowedMoves[from].includes(to)) {
      expect(await move(id, to)).toMatchObject({ status: to, statusReason: 'tried' });
      expect((await statusOf(id)).finished_at !== null).toBe(terminalStatuses.includes(to));
      continue;
    }
    await expect(move(id, to)).rejects.toThrow(DomainError);
    expect(await statusOf(id)).toEqual(before);
  }
});

test('terminal states are final, and every other leads to one', () => {
  const reaches = (status: TaskStatus, seen: TaskStatus[] = []): boolean =>
    terminalStatuses.includes(status) ||
    allowedMoves[status].some((next) => !seen.includes(next) && reaches(next, [...seen, status]));
  for (const status of taskStatuses) {
    expect(allowedMoves[status].length === 0).toBe(terminalStatuses.includes(status));
    expect(reaches(status)).toBe(true);
  }
});

test('of fifty moves at once one is made', async () => {
  const id = await insertTask('offered');
  const moves = await Promise.allSettled(Array.from({ length: 50 }, () => move(id, 'accepted')));
  expect(moves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('an erased human leaves no work behind, and an erased requester no words', async () => {
  const [human, requester] = [
    await createTestUser(services, { human: true }),
    await createTestUser(services),
  ];
  const begun = await insertTask('in_progress', 'somebody', human.id);
  const sent = await insertTask('offered', requester.id);
  const done = await insertTask('completed', requester.id);
  const actor = { kind: 'operator', id: 'test' } as const;
  for (const { id } of [human, requester]) await eraseUser(services, id, actor);
  clock.advance(100_000);
  await runDueJobs(services, apiHandlers);
  expect(await statusOf(begun)).toMatchObject({ status: 'failed', status_reason: 'human_gone' });
  expect(await statusOf(sent)).toMatchObject({ status: 'cancelled', status_reason: 'requester_gone' });
  expect(await statusOf(done)).toMatchObject({ status: 'completed' });
  const rows = await services.db('dispatched_tasks').where({ account_id: requester.id });
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain('secret');
});
