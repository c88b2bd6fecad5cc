/** Limits of a plan are met exactly, however many calls come at once. */
import { DomainError } from '../../../../shared/errors.js';
import { changePlan } from '../../../../shared/identity/people/plans.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { anotherProcess, startApi } from '../../../testing/serve.js';
import { consent, errand, makeAccount, makeHuman, makeTask, product } from '../testing/humans.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const other = await startApi(anotherProcess(services));
const send = (at: typeof api, bearer: string) => at.call('/haas/v1/tasks', { bearer, body: errand });

test('100 creations at once over two processes, at 5 concurrent tasks, make exactly 5', async () => {
  const { testKey } = await makeAccount(services);
  const responses = await Promise.all(
    Array.from({ length: 100 }, (_, index) => send(index % 2 === 0 ? api : other, testKey)),
  );
  const created = responses.filter(({ status }) => status === 201);
  const refused = responses.filter(({ status }) => status === 429);
  expect([created.length, refused.length]).toEqual([5, 95]);
  expect(refused[0]?.body).toEqual({
    error: {
      code: 429,
      type: 'concurrent_tasks_exceeded',
      message: 'Your plan allows 5 open tasks at a time. Wait until one is done, or cancel one.',
      concurrent_tasks: 5,
      retry_after: 60,
      suggestion: 'Consider upgrading your plan.',
      request_id: expect.any(String),
    },
  });
  expect(refused[0]?.headers.get('retry-after')).toBe('60');

  const { id } = (created[0]?.body ?? {}) as { id: string };
  await api.call(`/haas/v1/tasks/${id}/cancel`, { bearer: testKey, method: 'POST' });
  const again = await Promise.all(Array.from({ length: 50 }, () => send(other, testKey)));
  expect(again.filter(({ status }) => status === 201)).toHaveLength(1);
});

test('a larger plan has room at once', async () => {
  const account = await makeAccount(services);
  for (let count = 0; count < 5; count += 1) await makeTask(api, account.testKey);
  expect((await send(api, account.testKey)).status).toBe(429);
  const actor = { kind: 'operator', id: 'test' } as const;
  await changePlan(services, { accountId: account.id, product, plan: 'pro' }, actor);
  expect((await send(api, account.testKey)).status).toBe(201);
});

test('50 humans who consent at once, on a plan for 3, are exactly 3', async () => {
  const account = await makeAccount(services);
  const humans = await Promise.all(Array.from({ length: 50 }, () => makeHuman(services)));
  const outcomes = await Promise.all(
    humans.map((human) => consent(services, account, human).catch((error: unknown) => error)),
  );
  const refused = outcomes.filter((outcome) => outcome instanceof DomainError);
  expect(outcomes.length - refused.length).toBe(3);
  for (const error of refused) expect(error).toMatchObject({ code: 'plan_limit' });
});

test('after a downgrade those who consented last are beyond the plan, by key and by token', async () => {
  const account = await makeAccount(services, 'pro');
  const humans: { humanId: string; token: string }[] = [];
  for (let count = 0; count < 5; count += 1) {
    const human = await makeHuman(services);
    humans.push({ ...human, ...(await consent(services, account, human)) });
  }
  const statusesOf = () =>
    Promise.all(
      humans.map(async ({ humanId, token }) => {
        const path = `/haas/v1/humans/${humanId}/status`;
        const [byKey, byToken] = await Promise.all([
          api.call(path, { bearer: account.liveKey }),
          api.call(path, { bearer: token }),
        ]);
        return [byKey.status, byToken.status];
      }),
    );
  expect(await statusesOf()).toEqual(humans.map(() => [200, 200]));
  const actor = { kind: 'operator', id: 'test' } as const;
  await changePlan(services, { accountId: account.id, product, plan: 'free' }, actor);
  expect(await statusesOf()).toEqual([
    [200, 200],
    [200, 200],
    [200, 200],
    [403, 403],
    [403, 403],
  ]);
  const response = await api.call('/haas/v1/tasks', {
    bearer: account.liveKey,
    body: { ...errand, human_id: humans[4]?.humanId },
  });
  expect(response.body).toMatchObject({ error: { code: 403, type: 'plan_limit', humans: 3 } });
});
