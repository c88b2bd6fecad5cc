import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHelpers } from 'graphile-worker';
import { createUser } from '../../identity/people/users.js';
import { inTransaction } from '../../services.js';
import { runDueJobs } from '../../testing/jobs.js';
import { createTestServices } from '../../testing/services.js';
import { listDeadJobs, retryDeadJob } from '../dead-letters.js';
import { atomicJob, HopelessJobError, type JobHandlers, outwardJob } from '../handlers.js';
import { reportAlive, reportGone } from '../job-rows.js';
import { cancelJob, enqueueJob } from '../queue.js';
import { tasksOf } from '../tasks.js';
import { startWorker } from '../worker.js';

const { services, clock } = await createTestServices();

/** `mail.send` stands for any job here: what it does is given by each test. */
function recorder(fail?: (attempt: number) => Error | undefined) {
  const ran: string[] = [];
  const handlers: JobHandlers = {
    'mail.send': outwardJob<{ mailId: string }>(async (_services, { mailId }, { attempt }) => {
      ran.push(mailId);
      const error = fail?.(attempt);
      if (error) throw error;
    }),
  };
  return { ran, handlers };
}

afterEach(() => services.db.raw('delete from graphile_worker._private_jobs'));

test('a job enqueued in a transaction that is rolled back never runs', async () => {
  const { ran, handlers } = recorder();
  const failing = inTransaction(services, async (tx) => {
    await enqueueJob(tx, 'mail.send', { mailId: 'a' });
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  await enqueueJob(services, 'mail.send', { mailId: 'b' });
  await runDueJobs(services, handlers);
  expect(ran).toEqual(['b']);
});

test('a job waits until the clock has reached its due time', async () => {
  const { ran, handlers } = recorder();
  await enqueueJob(services, 'mail.send', { mailId: 'in an hour' }, { inSeconds: 3600 });
  await enqueueJob(
    services,
    'mail.send',
    { mailId: 'at a time' },
    { runAt: new Date(clock.ms() + 7_200_000) },
  );
  await runDueJobs(services, handlers);
  expect(ran).toEqual([]);
  clock.advance(3_601_000);
  await runDueJobs(services, handlers);
  expect(ran).toEqual(['in an hour']);
  clock.advance(3_601_000);
  await runDueJobs(services, handlers);
  expect(ran).toEqual(['in an hour', 'at a time']);
});

test('a key holds one waiting job, and the newest wins; it can be taken back', async () => {
  const { ran, handlers } = recorder();
  await enqueueJob(services, 'mail.send', { mailId: 'old' }, { jobKey: 'k' });
  await enqueueJob(services, 'mail.send', { mailId: 'new' }, { jobKey: 'k' });
  await enqueueJob(services, 'mail.send', { mailId: 'never' }, { jobKey: 'l' });
  await cancelJob(services, 'l');
  await runDueJobs(services, handlers);
  expect(ran).toEqual(['new']);
});

test('a failed job is tried again after a growing, jittered wait, and ends among the dead letters', async () => {
  const { ran, handlers } = recorder(() => new Error('no luck'));
  await enqueueJob(services, 'mail.send', { mailId: 'a' }, { maxAttempts: 3 });
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const { failures } = await runDueJobs(services, handlers);
    expect(failures).toMatchObject([{ name: 'mail.send', dead: attempt === 3 }]);
    expect(ran).toHaveLength(attempt);
    const job = await services.db('graphile_worker.jobs').first('run_at');
    waits.push(job.run_at.getTime() - clock.ms());
    clock.advance(60_000);
  }
  for (const [index, wait] of waits.entries()) {
    const base = Math.exp(index + 1) * 1000;
    expect(wait).toBeGreaterThan(base - 1000);
    expect(wait).toBeLessThan(base * 1.5 + 1000);
  }
  const [dead] = await listDeadJobs(services);
  expect(dead).toMatchObject({
    name: 'mail.send',
    payload: { mailId: 'a' },
    attempts: 3,
    error: 'no luck',
    failedAt: expect.any(Date),
  });
  await retryDeadJob(services, dead?.id ?? '');
  expect(await listDeadJobs(services)).toEqual([]);
  await runDueJobs(services, handlers);
  expect(ran).toHaveLength(4);
  await expect(retryDeadJob(services, dead?.id ?? '')).rejects.toMatchObject({ code: 'not_found' });
});

test('a job that says it is hopeless is dead at once', async () => {
  const { handlers } = recorder(() => new HopelessJobError('nobody there'));
  await enqueueJob(services, 'mail.send', { mailId: 'a' });
  expect((await runDueJobs(services, handlers)).failures).toMatchObject([{ dead: true }]);
  expect(await listDeadJobs(services)).toMatchObject([{ error: 'nobody there', attempts: 12 }]);
});

test('an atomic job and its effect stand or fall together', async () => {
  await enqueueJob(services, 'mail.send', { mailId: 'eve@example.com' });
  const handlers: JobHandlers = {
    'mail.send': atomicJob<{ mailId: string }>(async (tx, { mailId }, { attempt }) => {
      await createUser(tx, { email: mailId, name: 'Eve' });
      if (attempt === 1) throw new Error('died half-way');
    }),
  };
  await runDueJobs(services, handlers);
  expect(await services.db('users').pluck('email')).toEqual([]);
  clock.advance(60_000);
  expect((await runDueJobs(services, handlers)).failures).toEqual([]);
  expect(await services.db('users').pluck('email')).toEqual(['eve@example.com']);
  expect(await services.db('graphile_worker.jobs')).toEqual([]);
});

test('an atomic job that was given to another worker meanwhile does nothing', async () => {
  await enqueueJob(services, 'mail.send', { mailId: 'a' });
  const [job] = await services.db('graphile_worker._private_jobs').update({ locked_by: 'another' }, '*');
  let effects = 0;
  const handlers: JobHandlers = {
    'mail.send': atomicJob(async () => {
      effects += 1;
    }),
  };
  const run = {
    services,
    stopping: new AbortController().signal,
    inHand: new Set<string>(),
    onFailure: () => undefined,
  };
  const { 'mail.send': task } = tasksOf(run, handlers);
  const asHeldBy = (pool: string) => ({ job: { ...job, locked_by: pool } }) as unknown as JobHelpers;
  await task?.(job.payload, asHeldBy('one that was taken for dead'));
  expect(effects).toBe(0);
  await task?.(job.payload, asHeldBy('another'));
  await task?.(job.payload, asHeldBy('another'));
  expect(effects).toBe(1);
});

test('jobs that nobody works on are freed: of a worker that is silent, ended, or never saw them', async () => {
  const { ran, handlers } = recorder();
  await enqueueJob(services, 'mail.send', { mailId: 'a' });
  const lock = async (seconds: number) => {
    const [job] = await services.db('graphile_worker._private_jobs').update(
      {
        locked_by: 'other',
        locked_at: services.db.raw(`now() - interval '${seconds} seconds'`),
      },
      ['id'],
    );
    return `${job.id}`;
  };
  const isLocked = async () =>
    (await services.db('graphile_worker.jobs').first('locked_by')).locked_by !== null;

  await lock(40);
  await reportAlive(services, ['me'], []);
  expect(await isLocked()).toBe(true);
  await lock(50);
  await reportAlive(services, ['me'], []);
  expect(await isLocked()).toBe(false);

  const id = await lock(50);
  await reportAlive(services, ['other'], [id]);
  await reportAlive(services, ['me'], []);
  expect(await isLocked()).toBe(true);
  await reportAlive(services, ['other'], []);
  expect(await isLocked()).toBe(false);

  await lock(1);
  await reportGone(services, ['other', 'me']);
  expect(await isLocked()).toBe(false);
  await runDueJobs(services, handlers);
  expect(ran).toEqual(['a']);
});

test('a worker runs jobs as they come, with a moved clock too, and stops', async () => {
  const { ran, handlers } = recorder();
  const worker = await startWorker(services, handlers);
  await enqueueJob(services, 'mail.send', { mailId: 'a' });
  for (let waited = 0; ran.length === 0 && waited < 5_000; waited += 10) await sleep(10);
  await worker.stop();
  expect(ran).toEqual(['a']);
  expect(await services.db('job_workers')).toEqual([]);
});
