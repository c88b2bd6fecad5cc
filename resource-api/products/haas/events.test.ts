/** `/v1/events`: who may connect, what comes, and when it ends. */
import { revokeApiKey } from '../../../shared/identity/api-keys/api-key-changes.js';
import { endGrants } from '../../../shared/identity/oauth/grants.js';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { apiHandlers } from '../../job-handlers.js';
import { startApi } from '../../testing/serve.js';
import { openSocket, refusedHandshake, type SocketClient } from '../../testing/sockets.js';
import { taskFeed } from './dispatch/events.js';
import { feedOf } from './domain/feed.js';
import { consent, makeAccount, makeHuman, makeTask, product, readTask } from './testing/humans.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const url = `${api.url}/haas/v1/events`;
const withToken = (token: string) => `${url}?token=${token}`;

/** An account with one human who allowed everything. */
async function makePair() {
  const [account, human] = [await makeAccount(services), await makeHuman(services)];
  return { account, human, ...(await consent(services, account, human)) };
}

async function subscribe(client: SocketClient, members: object = {}) {
  client.send({ type: 'subscribe', channels: ['tasks', 'humans'], ...members });
  return client.next();
}

async function open(credential: string, members: object = {}): Promise<SocketClient> {
  const client = await openSocket(withToken(credential));
  expect(await subscribe(client, members)).toMatchObject({ type: 'subscribed' });
  return client;
}

type Pair = Awaited<ReturnType<typeof makePair>>;

async function work({ human }: Pair, id: string, deed: string, body: object = {}) {
  const response = await api.call(`/haas/v1/me/tasks/${id}/${deed}`, { bearer: human.jwt, body });
  expect([deed, response.status]).toEqual([deed, 200]);
}

const dispatch = ({ account, human }: Pair) => makeTask(api, account.liveKey, { human_id: human.humanId });

test('the credential stands in the header or in the query', async () => {
  const { account } = await makePair();
  const headers = { Authorization: `Bearer ${account.liveKey}` };
  expect(await subscribe(await openSocket(url, { headers }))).toMatchObject({ type: 'subscribed' });
  await open(account.testKey);
});

test('bad credentials are refused in the handshake, and so is a token without the scope', async () => {
  const { account, human } = await makePair();
  const { token } = await consent(services, account, human, ['status:read']);
  expect(await refusedHandshake(url)).toMatchObject({
    status: 401,
    body: { error: { code: 401, message: 'Invalid or missing API key.' } },
  });
  expect((await refusedHandshake(withToken('haas_live_sk_wrong'))).status).toBe(401);
  expect((await refusedHandshake(withToken(human.jwt))).status).toBe(401);
  expect(await refusedHandshake(withToken(token))).toMatchObject({
    status: 403,
    body: { error: { type: 'insufficient_scope' } },
  });
});

test('a key holds ten connections; the eleventh is refused with 429', async () => {
  const { account } = await makePair();
  for (let count = 0; count < 10; count += 1) await openSocket(withToken(account.liveKey));
  const refused = await refusedHandshake(withToken(account.liveKey));
  expect(refused.status).toBe(429);
  expect(refused.headers['x-ratelimit-limit']).toBe('60000');
  await openSocket(withToken(account.testKey));
});

test('without the handshake of a WebSocket the address says what it is', async () => {
  const { account } = await makePair();
  const response = await api.call('/haas/v1/events', { bearer: account.liveKey });
  expect(response.status).toBe(426);
  expect(response.body).toMatchObject({ error: { code: 426, type: 'upgrade_required' } });
});

test('the nine documented events come as documented, in order', async () => {
  const pair = await makePair();
  const { account, human } = pair;
  const client = await open(account.liveKey, { human_ids: [human.humanId] });
  const [done, given, late] = [await dispatch(pair), await dispatch(pair), await dispatch(pair)];
  await work(pair, done.id, 'accept');
  await work(pair, done.id, 'start');
  await work(pair, done.id, 'progress', { percent: 40, note: 'half way up the hill' });
  await work(pair, done.id, 'pause', { reason: 'lunch' });
  await work(pair, done.id, 'resume');
  await work(pair, done.id, 'block', { question: 'Which of the two doors?' });
  await api.call(`/haas/v1/tasks/${done.id}/clarify`, { bearer: account.liveKey, body: { answer: 'Left.' } });
  await work(pair, done.id, 'submit', { result: { door: 'left' } });
  await runDueJobs(services, apiHandlers);
  await work(pair, given.id, 'accept');
  await work(pair, given.id, 'fail', { reason: 'no parcel there' });
  const expiring = await makeTask(api, account.liveKey, {
    human_id: human.humanId,
    deadline: new Date(clock.ms() + 60_000).toISOString(),
  });
  clock.advance(61_000);
  await runDueJobs(services, apiHandlers);

  const about = (id: string) => ({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    task_id: id,
    human_id: human.humanId,
    event_id: expect.stringMatching(/^\d+-\d+$/),
  });
  const expected = [
    { type: 'task.accepted', ...about(done.id), data: { status: 'accepted' } },
    { type: 'task.started', ...about(done.id), data: { status: 'in_progress' } },
    {
      type: 'task.progress',
      ...about(done.id),
      data: { status: 'in_progress', percent: 40, note: 'half way up the hill' },
    },
    { type: 'task.paused', ...about(done.id), data: { status: 'paused', reason: 'lunch' } },
    { type: 'task.resumed', ...about(done.id), data: { status: 'in_progress', answer: null } },
    {
      type: 'task.blocked',
      ...about(done.id),
      data: { status: 'blocked', reason: 'clarification_needed', question: 'Which of the two doors?' },
    },
    { type: 'task.resumed', ...about(done.id), data: { status: 'in_progress', answer: 'Left.' } },
    { type: 'task.completed', ...about(done.id), data: { status: 'completed', result: { door: 'left' } } },
    { type: 'task.accepted', ...about(given.id), data: { status: 'accepted' } },
    { type: 'task.failed', ...about(given.id), data: { status: 'failed', reason: 'no parcel there' } },
    { type: 'task.expired', ...about(expiring.id), data: { status: 'expired', reason: 'deadline_passed' } },
  ];
  for (const event of expected) expect(await client.next()).toEqual(event);
  expect((await readTask(api, account.liveKey, late.id)).status).toBe('offered');
});

test('nothing comes before a subscription, and nothing of others', async () => {
  const [pair, stranger] = [await makePair(), await makePair()];
  const silent = await openSocket(withToken(pair.account.liveKey));
  const theirs = await open(stranger.account.liveKey);
  const test_ = await open(pair.account.testKey);
  const { id } = await dispatch(pair);
  await work(pair, id, 'accept');
  const own = await dispatch(stranger);
  await work(stranger, own.id, 'accept');
  expect(await theirs.next()).toMatchObject({ task_id: own.id });
  for (const client of [silent, test_]) {
    client.send({ type: 'ping' });
    expect(await client.next()).toMatchObject({ type: 'pong' });
  }
});

test('a live key hears only of humans who allow that, from when they allow it until they take it back', async () => {
  const [account, human] = [await makeAccount(services), await makeHuman(services)];
  const basic = await consent(services, account, human, ['tasks:dispatch']);
  const pair = { account, human, ...basic };
  const client = await open(account.liveKey);
  const tasks = [];
  for (let count = 0; count < 4; count += 1) tasks.push(await dispatch(pair));
  const [first, second, third, fourth] = tasks.map(({ id }) => id);
  await work(pair, first ?? '', 'accept');
  client.send({ type: 'subscribe', human_ids: [human.humanId] });
  expect(await client.next()).toMatchObject({
    type: 'error',
    error: { code: 403, type: 'consent_required', required_scope: 'communication:realtime' },
  });

  clock.advance(2_000);
  const realtime = await consent(services, account, human, ['communication:realtime']);
  await work(pair, second ?? '', 'accept');
  expect(await client.next()).toMatchObject({ type: 'task.accepted', task_id: second });

  await endGrants(services, { id: realtime.grantId }, { kind: 'person', id: human.id });
  await work(pair, third ?? '', 'accept');
  await consent(services, account, human, ['communication:realtime']);
  clock.advance(2_000);
  await work(pair, fourth ?? '', 'accept');
  expect(await client.next()).toMatchObject({ type: 'task.accepted', task_id: fourth });
});

test('a token hears of its own human and of nobody else', async () => {
  const pair = await makePair();
  const other = await makeHuman(services);
  await consent(services, pair.account, other);
  const client = await open(pair.token);
  const theirs = await makeTask(api, pair.account.liveKey, { human_id: other.humanId });
  await work({ ...pair, human: other }, theirs.id, 'accept');
  const own = await dispatch(pair);
  await work(pair, own.id, 'accept');
  expect(await client.next()).toMatchObject({ task_id: own.id });
  client.send({ type: 'subscribe', human_ids: [other.humanId] });
  expect(await client.next()).toMatchObject({ type: 'error', error: { code: 404 } });
});

test('a connection that comes back gets what it missed, for an hour', async () => {
  const pair = await makePair();
  const client = await open(pair.account.liveKey);
  const { id } = await dispatch(pair);
  await work(pair, id, 'accept');
  const { event_id: lastEventId } = await client.next();
  client.webSocket.terminate();
  await work(pair, id, 'start');
  await work(pair, id, 'pause');

  const back = await openSocket(withToken(pair.account.liveKey));
  expect(await subscribe(back, { last_event_id: lastEventId })).toMatchObject({
    type: 'subscribed',
    resumed: true,
    last_event_id: lastEventId,
  });
  expect([(await back.next()).type, (await back.next()).type]).toEqual(['task.started', 'task.paused']);
  await work(pair, id, 'resume');
  expect((await back.next()).type).toBe('task.resumed');

  clock.advance(3_601_000);
  const late = await openSocket(withToken(pair.account.liveKey));
  expect(await subscribe(late, { last_event_id: lastEventId })).toMatchObject({ resumed: false });
  const early = await openSocket(withToken(pair.account.liveKey));
  expect(await subscribe(early, { last_event_id: '99999999999999-0' })).toMatchObject({ resumed: false });
});

test('a message that means nothing is answered, and the connection stays', async () => {
  const { account } = await makePair();
  const client = await openSocket(withToken(account.testKey));
  for (const message of ['hello', { type: 'dance' }, { type: 'subscribe', channels: ['gossip'] }]) {
    client.send(message);
    expect(await client.next()).toMatchObject({ type: 'error', error: { code: 400 } });
  }
  expect(await subscribe(client, { human_ids: ['usr_nobody'] })).toMatchObject({ error: { code: 404 } });
  expect(await subscribe(client, { last_event_id: 'x' })).toMatchObject({
    error: { code: 400, field: 'last_event_id' },
  });
  expect(await subscribe(client, { human_ids: ['usr_maria_42'] })).toMatchObject({ type: 'subscribed' });
});

test('a revoked key closes its connections', async () => {
  const { account } = await makePair();
  const client = await open(account.liveKey);
  await revokeApiKey(services, { id: account.liveKeyId }, { kind: 'person', id: account.id });
  expect((await client.closed).code).toBe(4401);
});

test('a grant that is taken back closes the connections of its tokens and cancels what waits', async () => {
  const pair = await makePair();
  const client = await open(pair.token);
  const named = await open(pair.account.liveKey, { human_ids: [pair.human.humanId] });
  const { id } = await dispatch(pair);
  const path = `/haas/v1/me/grants/${pair.grantId}`;
  const response = await api.call(path, { bearer: pair.human.jwt, method: 'DELETE' });
  expect(response.status).toBe(204);
  expect((await client.closed).code).toBe(4401);
  expect((await named.closed).code).toBe(4403);
  expect((await readTask(api, pair.account.liveKey, id)).status).toBe('cancelled');
});

test('a token that expires hears nothing more', async () => {
  const pair = await makePair();
  const client = await open(pair.token);
  const { id } = await dispatch(pair);
  clock.advance(3_601_000);
  await work(pair, id, 'accept');
  expect((await client.closed).code).toBe(4401);
});

test('a thousand events in a burst come once and in order', async () => {
  const pair = await makePair();
  const clients = await Promise.all(Array.from({ length: 5 }, () => open(pair.account.liveKey)));
  const name = taskFeed({ accountId: pair.account.id, product: product.id, environment: 'live' });
  const feed = feedOf(services);
  for (let number = 0; number < 1_000; number += 100) {
    const burst = Array.from({ length: 100 }, (_, index) =>
      feed.append(name, { type: 'task.progress', human_id: pair.human.humanId, number: number + index }),
    );
    await Promise.all(burst);
  }
  for (const client of clients) {
    for (let number = 0; number < 1_000; number += 1) expect((await client.next()).number).toBe(number);
  }
});
