import { setTimeout as sleep } from 'node:timers/promises';
import { createTestServices } from '../../testing/services.js';
import { atomicJob, type JobHandlers, outwardJob } from '../handlers.js';
import { enqueueJob } from '../queue.js';
import { type JobWorker, startWorker } from '../worker.js';

const { services } = await createTestServices();

const until = async (condition: () => boolean) => {
  for (let waited = 0; !condition() && waited < 45_000; waited += 20) await sleep(20);
  expect(condition()).toBe(true);
};

/** Ends every connection to this test's database but the one that asks, and waits until they are gone. */
const breakConnections = () =>
  services.db.raw(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );

let worker: JobWorker | undefined;
afterEach(() => worker?.stop());

test('a worker whose connections break, idle or with a job, goes on by itself', async () => {
  const ran: string[] = [];
  let breaking = false;
  const handlers: JobHandlers = {
    'mail.send': outwardJob<{ mailId: string }>(async (_services, { mailId }) => {
      if (breaking) await breakConnections();
      breaking = false;
      ran.push(mailId);
    }),
  };
  worker = await startWorker(services, handlers);
  await breakConnections();
  await enqueueJob(services, 'mail.send', { mailId: 'after idle' });
  await until(() => ran.includes('after idle'));
  breaking = true;
  await enqueueJob(services, 'mail.send', { mailId: 'in the middle' });
  await until(() => ran.includes('in the middle'));
  await enqueueJob(services, 'mail.send', { mailId: 'later' });
  await until(() => ran.includes('later'));
}, 150_000);

test('two workers share jobs, and each atomic job takes effect once', async () => {
  await services.db.raw('create table effects (number integer)');
  const handlers: JobHandlers = {
    'mail.send': atomicJob<{ mailId: string }>((tx, { mailId }) =>
      tx.db('effects').insert({ number: mailId }),
    ),
  };
  for (let number = 0; number < 100; number += 1) {
    await enqueueJob(services, 'mail.send', { mailId: `${number}` });
  }
  worker = await startWorker(services, handlers);
  const second = await startWorker(services, handlers);
  for (let waited = 0; waited < 15_000; waited += 20) {
    if ((await services.db('effects')).length >= 100) break;
    await sleep(20);
  }
  await second.stop();
  const numbers: number[] = await services.db('effects').orderBy('number').pluck('number');
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, number) => number));
}, 60_000);
