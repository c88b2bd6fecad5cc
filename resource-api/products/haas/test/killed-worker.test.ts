/** A real worker process is killed with SIGKILL while simulated humans are at work. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { createEndpoint } from '../../../webhooks/endpoints.js';
import { createTask } from '../dispatch/create.js';
import { simulationHandlers } from '../simulator/steps.js';

const { services, clock } = await createTestServices();
const owner = { accountId: 'account', product: 'product', environment: 'test' as const };
const taskCount = 60;

async function startWorkerProcess() {
  const { databaseUrl, secretKeys, dataDir } = services.config;
  const child = spawn(process.execPath, ['scripts/run.js', 'scripts/worker'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      SECRET_KEY: secretKeys.map((key) => key.toString('hex')).join(),
      DATA_DIR: dataDir,
      SIMULATION_SPEED: '100',
      LOG_LEVEL: 'silent',
    },
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

/** Events are written with what they tell, so they show what was done and how often. */
const eventRows = () => services.db('webhook_events').orderBy('id').select('type', 'body');

test('kill -9 in the middle repeats no step and forgets none', async () => {
  const endpoint = await createEndpoint(services, owner, { url: 'https://receiver.example/' });
  await services.db('webhook_endpoints').where({ id: endpoint.id }).update({ state: 'paused' });
  const ids: string[] = [];
  for (let count = 0; count < taskCount; count += 1) {
    const task = await createTask(
      services,
      { ...owner, humans: 1, concurrentTasks: taskCount, keyId: 'key', clientId: null },
      {
        humanId: 'maria_42',
        title: 'Errand',
        description: 'Errand',
        type: 'physical',
        priority: 'normal',
        skills: [],
        deadline: null,
        estimatedSeconds: null,
        amountCents: null,
        currency: null,
        bonusEligible: false,
        attachments: [],
        metadata: { simulate: 'complete' },
      },
    );
    ids.push(task.id);
  }
  const worker = await startWorkerProcess();
  const deadline = performance.now() + 20_000;
  while ((await eventRows()).length < taskCount && performance.now() < deadline);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  const before = (await eventRows()).length;
  expect(before).toBeGreaterThanOrEqual(taskCount);
  expect(before).toBeLessThan(3 * taskCount);

  // What the dead one held is freed once it has been silent for a while.
  await services.db.raw(
    'select graphile_worker.force_unlock_workers(array(select distinct locked_by from graphile_worker._private_jobs where locked_by is not null))',
  );
  for (let step = 0; step < 5; step += 1) {
    clock.advance(10_000);
    await runDueJobs(services, simulationHandlers);
  }
  const told = new Map<string, string[]>();
  for (const { type, body } of await eventRows()) {
    const { task_id: id } = JSON.parse(body).data;
    told.set(id, [...(told.get(id) ?? []), type]);
  }
  for (const id of ids) {
    const script = told.get(id)?.filter((type) => type !== 'task.completed');
    expect(script?.sort()).toEqual(['task.accepted', 'task.progress', 'task.started']);
  }
  const open = await services.db('dispatched_tasks').whereNotIn('status', ['submitted', 'completed']);
  expect(open).toEqual([]);
}, 60_000);
