/** Two real processes and a Redis: what happens in one is heard in the other; and the same without any Redis. */
import { createGrant } from '../../../../shared/identity/oauth/grants.js';
import { createTestUser, testPassword } from '../../../../shared/testing/people.js';
import { startApiProcess } from '../../../../shared/testing/processes.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { createTestClient } from '../../../../shared/testing/sign-ins.js';
import { callApi, startApi } from '../../../testing/serve.js';
import { openSocket } from '../../../testing/sockets.js';
import { allScopes, errand, makeAccount, product, type WireTask } from '../testing/humans.js';

const { services } = await createTestServices();
const { services: withoutRedis } = await createTestServices({ redisUrl: undefined });
const [one, two] = await Promise.all([startApiProcess(services.config), startApiProcess(services.config)]);

async function makePair(on: typeof services) {
  const account = await makeAccount(on, 'pro');
  const user = await createTestUser(on, { human: true });
  await createGrant(on, {
    id: `grant_${user.id}`,
    userId: user.id,
    clientId: await createTestClient(on, account.id),
    product: product.id,
    scopes: allScopes,
    requestedScopes: null,
    duration: 'always',
  });
  return { account, user };
}

type Pair = Awaited<ReturnType<typeof makePair>>;

/** A task that is created and accepted over this address. */
async function acceptOne(url: string, { account, user }: Pair): Promise<WireTask> {
  const login = { email: user.email, password: testPassword };
  const signedIn = await callApi(`${url}/haas/v1/auth/login`, { body: login });
  const { token } = signedIn.body as { token: string };
  const body = { ...errand, human_id: `usr_${user.id}` };
  const created = await callApi(`${url}/haas/v1/tasks`, { bearer: account.liveKey, body });
  const { id } = created.body as WireTask;
  const path = `${url}/haas/v1/me/tasks/${id}/accept`;
  const accepted = await callApi(path, { bearer: token, method: 'POST' });
  expect(accepted.status).toBe(200);
  return accepted.body as WireTask;
}

const listenAt = async (url: string, { account }: Pair, members: object = {}) => {
  const client = await openSocket(`${url}/haas/v1/events?token=${account.liveKey}`);
  client.send({ type: 'subscribe', ...members });
  expect(await client.next()).toMatchObject({ type: 'subscribed' });
  return client;
};

test('an event of one process is heard in the other, and resumed there when the first one goes', async () => {
  const pair = await makePair(services);
  const client = await listenAt(one.url, pair);
  const here = await listenAt(two.url, pair);
  const first = await acceptOne(two.url, pair);
  const heard = await client.next();
  expect(heard).toMatchObject({ type: 'task.accepted', task_id: first.id });
  expect(await here.next()).toEqual(heard);

  await Promise.all([one.stop(), client.closed]);
  expect((await client.closed).code).toBe(1001);
  const second = await acceptOne(two.url, pair);
  const back = await listenAt(two.url, pair, { last_event_id: heard.event_id });
  expect(await back.next()).toMatchObject({ type: 'task.accepted', task_id: second.id });
});

test('without a Redis a process hears itself, and resumes from its memory', async () => {
  const api = await startApi(withoutRedis);
  const pair = await makePair(withoutRedis);
  const client = await listenAt(api.url, pair);
  const first = await acceptOne(api.url, pair);
  const heard = await client.next();
  expect(heard).toMatchObject({ type: 'task.accepted', task_id: first.id });
  client.webSocket.terminate();
  const second = await acceptOne(api.url, pair);
  const back = await listenAt(api.url, pair, { last_event_id: heard.event_id });
  expect(await back.next()).toMatchObject({ type: 'task.accepted', task_id: second.id });
});
