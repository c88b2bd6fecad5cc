/** Simulated humans: every outcome by some seed, the same seed the same story, and nothing done twice. */
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { inTransaction } from '../../../../shared/services.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { apiHandlers } from '../../../job-handlers.js';
import { startApi } from '../../../testing/serve.js';
import { taskFeed } from '../dispatch/events.js';
import { feedOf } from '../domain/feed.js';
import { simulationHandlers } from '../simulator/steps.js';
import { errand, makeAccount, makeTask, product, readTask, type WireTask } from '../testing/humans.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000, simulationSpeed: 1_000 });
const api = await startApi(services);
/** The same at the speed of life, for steps that must not follow each other at once. */
const unhurried = { ...services, config: { ...services.config, simulationSpeed: 1 } };
const account = await makeAccount(services, 'enterprise');
const bearer = account.testKey;

/** Half past twelve in Madrid, a year apart each time, so that nobody sleeps who matters. */
const toNoon = () => clock.advance(86_400_000 - ((clock.ms() - Date.UTC(2030, 0, 15, 11, 30)) % 86_400_000));
toNoon();

const simulate = (members: Record<string, unknown>, human = 'usr_maria_42') =>
  makeTask(api, bearer, { human_id: human, metadata: members });

/** Lets time pass, a little at a time, until a task has ended or asks. */
async function live(id: string, steps = 60): Promise<WireTask> {
  for (let step = 0; step < steps; step += 1) {
    await runDueJobs(services, apiHandlers);
    const task = await readTask(api, bearer, id);
    if (/^(?:completed|failed|expired|declined|cancelled|blocked)$/.test(task.status)) return task;
    clock.advance(5_000);
  }
  throw new Error('the story does not end');
}

const name = taskFeed({ accountId: account.id, product: product.id, environment: 'test' });

/** What was told of a task, in order. */
async function scriptOf(id: string): Promise<string[]> {
  const told = await feedOf(services).read(name, '0-0', 10_000);
  return told.filter(({ body }) => body.task_id === id).map(({ body }) => String(body.type));
}

test.each([
  ['complete', 'completed', null],
  ['decline', 'declined', expect.any(String)],
  ['fail', 'failed', expect.any(String)],
  ['forget', 'expired', 'forgotten'],
])('metadata.simulate %s ends %s', async (outcome, status, reason) => {
  const { id } = await simulate({ simulate: outcome });
  expect(await live(id)).toMatchObject({ status, status_reason: reason });
});

test('a human who asks waits for the answer, and then goes on', async () => {
  const { id } = await simulate({ simulate: 'block' });
  const blocked = await live(id);
  expect(blocked).toMatchObject({
    status: 'blocked',
    status_reason: 'clarification_needed',
    clarification: { question: expect.any(String), answer: null },
  });
  const response = await api.call(`/haas/v1/tasks/${id}/clarify`, {
    bearer,
    body: { answer: 'The red one.' },
  });
  expect(response.body).toMatchObject({ status: 'in_progress', clarification: { answer: 'The red one.' } });
  expect(await live(id)).toMatchObject({ status: 'completed', progress: 100, result: { simulated: true } });
});

test('a human who gets no answer gives up', async () => {
  const { id } = await simulate({ simulate: 'block' });
  await live(id);
  clock.advance(8_000);
  await runDueJobs(services, apiHandlers);
  expect(await readTask(api, bearer, id)).toMatchObject({
    status: 'failed',
    status_reason: 'no_clarification',
  });
});

test.each([
  ['tea', 418, 'making_tea', 600],
  ['break', 420, 'enhance_your_calm', 1_800],
  ['sleep', 503, 'human_unavailable', 28_800],
])('metadata.simulate %s is refused with %d', async (asked, code, type, seconds) => {
  const body = { ...errand, human_id: 'usr_maria_42', metadata: { simulate: asked } };
  const response = await api.call('/haas/v1/tasks', { bearer, body });
  expect(response.status).toBe(code);
  expect(response.body).toEqual({
    error: {
      code,
      type,
      message: expect.any(String),
      retry_after: seconds,
      suggestion: expect.any(String),
      details: {
        human_id: 'usr_maria_42',
        reason: asked === 'sleep' ? 'sleeping' : asked,
        estimated_availability: expect.stringMatching(/Z$/),
      },
      request_id: expect.stringMatching(/^req_/),
    },
  });
  expect(response.headers.get('retry-after')).toBe(String(seconds));
});

test('a task for which the human lacks a skill is misdirected, 421', async () => {
  const body = { ...errand, human_id: 'usr_maria_42', skills: ['driving'] };
  const response = await api.call('/haas/v1/tasks', { bearer, body });
  expect(response.status).toBe(421);
  expect(response.body).toMatchObject({
    error: {
      code: 421,
      type: 'misdirected_request',
      details: { human_id: 'usr_maria_42', reason: 'missing_skills', missing_skills: ['driving'] },
    },
  });
});

test('by the clock: Kenji makes tea at four, Tom has his break at noon, Sven sleeps by day', async () => {
  const refusal = async (human: string, at: number) => {
    clock.advance(at - clock.ms());
    const response = await api.call('/haas/v1/tasks', { bearer, body: { ...errand, human_id: human } });
    const status = await api.call(`/haas/v1/humans/${human}/status`, { bearer });
    return [response.status, (status.body as { availability: { status: string } }).availability.status];
  };
  expect(await refusal('usr_kenji_07', Date.UTC(2031, 0, 15, 7, 5))).toEqual([418, 'making_tea']);
  expect(await refusal('usr_kenji_07', Date.UTC(2031, 0, 15, 7, 20))).toEqual([201, 'available']);
  expect(await refusal('usr_sven_51', Date.UTC(2031, 0, 15, 11, 0))).toEqual([503, 'sleeping']);
  expect(await refusal('usr_tom_88', Date.UTC(2031, 0, 15, 12, 10))).toEqual([420, 'on_break']);
  toNoon();
});

/** Noah finishes under the first, and then forgets, asks, declines, wanders off and fails. */
const tellingSeeds = [0, 2, 7, 9, 15, 55];

test('left to themselves they reach every outcome by some seed, and the same seed tells the same story', async () => {
  const seen = new Map<string, number>();
  for (let round = 0; round < 2; round += 1) {
    const made = new Map<number, string>();
    for (const seed of tellingSeeds) {
      const { id } = await simulate({ seed }, 'usr_noah_64');
      made.set(seed, id);
    }
    toNoon();
    for (let step = 0; step < 30; step += 1) {
      await runDueJobs(services, apiHandlers);
      clock.advance(2_000);
    }
    for (const [seed, id] of made) {
      const { status } = await readTask(api, bearer, id);
      seen.set(
        `${seed} ${status} ${await scriptOf(id)}`,
        (seen.get(`${seed} ${status} ${await scriptOf(id)}`) ?? 0) + 1,
      );
    }
  }
  expect([...seen.values()].every((count) => count === 2)).toBe(true);
  const ends = new Set([...seen.keys()].map((key) => key.split(' ')[1]));
  expect([...ends].sort()).toEqual(['completed', 'declined', 'expired', 'failed']);
  const events = new Set([...seen.keys()].flatMap((key) => key.split(' ')[2]?.split(',')));
  for (const event of ['task.accepted', 'task.paused', 'task.resumed', 'task.blocked', 'task.progress']) {
    expect(events).toContain(event);
  }
});

test('somebody who sleeps looks at it when they wake', async () => {
  // Three in the morning in Madrid: four hours of sleep are 14 seconds at this speed.
  clock.advance(Date.UTC(2032, 0, 15, 2, 0) - clock.ms());
  const { id } = await simulate({ seed: 1 });
  await runDueJobs(services, apiHandlers);
  clock.advance(12_000);
  await runDueJobs(services, apiHandlers);
  expect((await readTask(api, bearer, id)).status).toBe('offered');
  clock.advance(5_000);
  await runDueJobs(services, apiHandlers);
  expect((await readTask(api, bearer, id)).status).not.toBe('offered');
});

test('a step that dies before its commit is done once, by whoever comes next', async () => {
  toNoon();
  const { id } = await simulate({ simulate: 'complete' });
  await runDueJobs(unhurried, apiHandlers);
  const job = simulationHandlers['simulation.step'];
  const context = { attempt: 1, last: false, stopping: new AbortController().signal };
  for (let death = 0; death < 3; death += 1) {
    const dying = inTransaction(unhurried, async (tx) => {
      await job.work(tx, { taskId: id, step: 1 }, context);
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
  }
  expect(await scriptOf(id)).toEqual([]);
  // The same step given to fifty workers.
  await Promise.all(
    Array.from({ length: 50 }, () =>
      inTransaction(unhurried, (tx) => job.work(tx, { taskId: id, step: 1 }, context)),
    ),
  );
  expect(await scriptOf(id)).toEqual(['task.accepted']);
  await enqueueJob(services, 'simulation.step', { taskId: id, step: 1 });
  await live(id);
  expect(await scriptOf(id)).toEqual(['task.accepted', 'task.started', 'task.progress', 'task.completed']);
});

test('a task that is cancelled has no further story', async () => {
  const { id } = await simulate({ simulate: 'complete' });
  await runDueJobs(unhurried, apiHandlers);
  await api.call(`/haas/v1/tasks/${id}/cancel`, { bearer, method: 'POST' });
  clock.advance(60_000);
  const { failures } = await runDueJobs(services, apiHandlers);
  expect(failures).toEqual([]);
  expect((await readTask(api, bearer, id)).status).toBe('cancelled');
});
