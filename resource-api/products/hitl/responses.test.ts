/** Answering: claims, the first answer, the deadline, what is told of it, and feedback. */
import { runDueJobs } from '../../../shared/testing/jobs.js';
import { createTestUser, getNewestMail } from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { startWebhookReceiver } from '../../../shared/testing/webhook-receiver.js';
import { anotherProcess, makeKey, startApi } from '../../testing/serve.js';
import { webhookHandlers } from '../../webhooks/handlers.js';
import { requestHandlers } from './domain/jobs.js';
import { approval, signInTo } from './testing/reviewers.js';

const { services, clock } = await createTestServices({
  rateLimitFactor: 1000,
  outboundAllow: ['127.0.0.1'],
});
const api = await startApi(services);
const receiver = await startWebhookReceiver();
const creator = await createTestUser(services);
const { key } = await makeKey(services, 'hitl', creator.id);
const { key: testKey } = await makeKey(services, 'hitl', creator.id, { environment: 'test' });
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
const minuteMs = 60_000;

interface Data {
  loop: { id: string };
  invite_code: string;
  request_id: string;
  request: Record<string, unknown>;
}
const call = async (route: string, options: { method?: string; body?: unknown; bearer?: string } = {}) => {
  const { status, body } = await api.call(`/hitl/v1/api${route}`, { bearer: key, ...options });
  return { status, body: body as { error: boolean; msg: string; data: Data } };
};
const newLoop = async (bearer = key) =>
  (await call('/loops', { bearer, body: { name: 'LoopRequest' } })).body.data;
const { loop, invite_code: code } = await newLoop();

async function newReviewer() {
  const person = await createTestUser(services);
  const bearer = await signInTo(api, person.email);
  await call('/loops/join', { bearer, body: { invite_code: code } });
  return { ...person, bearer };
}
const [first, second] = [await newReviewer(), await newReviewer()];

async function ask(members: object = {}, loopId = loop.id, bearer = key): Promise<string> {
  const response = await call(`/loops/${loopId}/requests`, { bearer, body: { ...approval, ...members } });
  return response.body.data.request_id;
}
const respond = (id: string, bearer: string, data: unknown = 'approve') =>
  call(`/requests/${id}/respond`, { bearer, body: { response_data: data } });
const claim = (id: string, bearer: string) => call(`/requests/${id}/claim`, { bearer, method: 'POST' });
const read = async (id: string, bearer = key) =>
  (await call(`/requests/${id}`, { bearer })).body.data.request;
const runRequests = () => runDueJobs(services, requestHandlers);
const conflict = (msg: string) => ({ status: 409, body: { error: true, msg } });

beforeEach(() => {
  receiver.received.length = 0;
});

test('of 50 answers at once the first one wins', async () => {
  const id = await ask({ callback_url: receiver.url });
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      respond(id, index % 2 ? first.bearer : second.bearer, index % 3 ? 'approve' : 'reject'),
    ),
  );
  // The same answer of the same person is a repetition and reads success.
  const won = responses.filter(({ status }) => status === 200);
  expect(new Set(won.map(({ body }) => JSON.stringify(pick(body.data.request)))).size).toBe(1);
  expect(won[0]?.body).toMatchObject({ error: false, msg: 'Response submitted successfully' });
  const lost = responses.filter(({ status }) => status !== 200);
  expect(lost).toEqual(lost.map(() => conflict('Request cannot be answered in current state')));
  const kept = await read(id);
  expect(kept).toMatchObject({ status: 'completed', ...pick(won[0]?.body.data.request) });
  await runDueJobs(services, webhookHandlers);
  expect(receiver.received.map(({ json }) => json)).toMatchObject([
    { event: 'request.completed', response_data: { selected_value: kept.response_data } },
  ]);
});

test('the same answer fifty times at once reads success and is told once; later it is refused', async () => {
  const id = await ask({ callback_url: receiver.url });
  const responses = await Promise.all(Array.from({ length: 50 }, () => respond(id, first.bearer)));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  await runDueJobs(services, webhookHandlers);
  expect(receiver.received).toHaveLength(1);
  const refused = conflict('Request cannot be answered in current state');
  expect(await respond(id, first.bearer, 'reject')).toMatchObject(refused);
  expect(await respond(id, second.bearer)).toMatchObject(refused);
  clock.advance(11_000);
  expect(await respond(id, first.bearer)).toMatchObject(refused);
});

const pick = (request: Record<string, unknown> = {}) => ({
  response_data: request.response_data,
  response_by: request.response_by,
  response_at: request.response_at,
});

const cases: [string, object, unknown[], [unknown, string][]][] = [
  [
    'text',
    { min_length: 3, max_length: 5, required: true },
    ['abc', 'äöü😀'],
    [
      ['ab', 'response_data must be between 3 and 5 characters'],
      ['abcdef', 'response_data must be between 3 and 5 characters'],
      [5, 'response_data must be a string'],
      ['', 'response_data is required'],
      [null, 'response_data is required'],
    ],
  ],
  [
    'single_select',
    { options: ['Approve', { value: 'no', label: 'Reject', color: '#ef4444' }] },
    ['Approve', 'no', null],
    [
      ['Reject', 'response_data must be one of: Approve, no'],
      [['Approve'], 'response_data must be one of: Approve, no'],
    ],
  ],
  [
    'multi_select',
    { options: ['a', 'b', 'c', 'd'], min_selections: 2, max_selections: 3, required: true },
    [
      ['a', 'd'],
      ['c', 'b', 'a'],
    ],
    [
      [['a'], 'response_data must have between 2 and 3 selections'],
      [['a', 'b', 'c', 'd'], 'response_data must have between 2 and 3 selections'],
      [['a', 'a'], 'response_data must name each option once'],
      [['a', 'x'], 'response_data must be a list out of: a, b, c, d'],
      ['a', 'response_data must be a list out of: a, b, c, d'],
      [[], 'response_data is required'],
    ],
  ],
  [
    'rating',
    { scale_min: 0, scale_max: 1, scale_step: 0.1 },
    [0, 0.3, 1],
    [
      [1.1, 'response_data must be between 0 and 1'],
      [0.25, 'response_data must be in steps of 0.1 from 0'],
      ['1', 'response_data must be a number'],
    ],
  ],
  [
    'number',
    { min_value: 1, max_value: 1000, allow_negative: false, decimal_places: 2, prefix: '$' },
    [1, 105.5, 999.99],
    [
      [0.5, 'response_data must be between 1 and 1000'],
      [1001, 'response_data must be between 1 and 1000'],
      [1.005, 'response_data must have at most 2 decimal places'],
      ['5', 'response_data must be a number'],
    ],
  ],
];

test.each(cases)('an answer of the type %s keeps to its rules', async (type, config, good, bad) => {
  const members = { response_type: type, response_config: config, default_response: null };
  const id = await ask(members);
  for (const [data, problem] of bad) {
    const body = { error: true, msg: 'Validation failed', data: problem };
    expect(await respond(id, first.bearer, data)).toEqual({ status: 400, body });
  }
  expect(await read(id)).toMatchObject({ status: 'pending', response_data: null });
  for (const data of good) {
    const asked = await ask(members);
    expect((await respond(asked, first.bearer, data)).status).toBe(200);
    expect(await read(asked)).toMatchObject({ status: 'completed', response_data: data });
  }
});

test('a claim keeps others away for a quarter of an hour, and no longer', async () => {
  const id = await ask();
  expect(await claim(id, first.bearer)).toEqual({
    status: 200,
    body: {
      error: false,
      msg: 'Request claimed successfully',
      data: { request_id: id, status: 'claimed', claimed_by: first.id, claimed_until: instant },
    },
  });
  const taken = conflict('Request is claimed by another reviewer');
  expect(await claim(id, second.bearer)).toEqual(taken);
  expect(await respond(id, second.bearer)).toEqual(taken);
  expect(await read(id)).toMatchObject({ status: 'claimed' });
  clock.advance(16 * minuteMs);
  expect(await read(id)).toMatchObject({ status: 'pending' });
  expect((await claim(id, second.bearer)).status).toBe(200);
  expect((await respond(id, second.bearer)).status).toBe(200);
});

test('of 50 claims at once by two reviewers one holds', async () => {
  const id = await ask();
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) => claim(id, index % 2 ? first.bearer : second.bearer)),
  );
  const holders = responses.filter(({ status }) => status === 200).map(({ body }) => body.data);
  expect(new Set(holders.map((data) => JSON.stringify({ ...data, claimed_until: 0 }))).size).toBe(1);
  expect(responses.filter(({ status }) => status === 409)).toHaveLength(25);
});

test('who is removed from the loop loses the claim, and can answer no more', async () => {
  const id = await ask();
  const leaving = await newReviewer();
  await claim(id, leaving.bearer);
  await call(`/loops/${loop.id}/members/${leaving.id}`, { method: 'DELETE' });
  expect((await respond(id, leaving.bearer)).status).toBe(403);
  expect((await respond(id, first.bearer)).status).toBe(200);
});

test('a claimed request can be cancelled by who asked, and is then answered by nobody', async () => {
  const id = await ask();
  await claim(id, first.bearer);
  const cancelled = await call(`/requests/${id}`, { method: 'DELETE' });
  expect(cancelled.body.data).toMatchObject({ previous_status: 'claimed' });
  expect(await respond(id, first.bearer)).toEqual(conflict('Request cannot be answered in current state'));
});

test('at its deadline a request ends with the default response, once, whoever looks for due work', async () => {
  const id = await ask({ callback_url: receiver.url, timeout_seconds: 600 });
  await runRequests();
  expect(await read(id)).toMatchObject({ status: 'pending' });
  clock.advance(10 * minuteMs + 1000);
  expect(await respond(id, first.bearer)).toEqual(conflict('Request has reached its deadline'));
  const processes = [anotherProcess(services), anotherProcess(services)];
  await Promise.all(processes.map((process) => runDueJobs(process, requestHandlers)));
  expect(await read(id)).toMatchObject({
    status: 'timeout',
    response_data: 'reject',
    response_by: null,
    response_at: null,
  });
  await runDueJobs(services, webhookHandlers);
  expect(receiver.received.map(({ json }) => json)).toEqual([
    {
      event: 'request.timeout',
      request_id: id,
      loop_id: loop.id,
      status: 'timeout',
      response_data: null,
      response_by: null,
      response_at: null,
      response_time_seconds: null,
      created_at: instant,
    },
  ]);
});

test('a deadline that passes after the answer changes nothing', async () => {
  const id = await ask({ timeout_seconds: 60 });
  await respond(id, first.bearer);
  clock.advance(2 * minuteMs);
  await runRequests();
  expect(await read(id)).toMatchObject({ status: 'completed', response_data: 'approve' });
});

test('the callback tells who answered what, and a cancelled request that there is no answer', async () => {
  const id = await ask({ callback_url: receiver.url });
  clock.advance(245_500);
  await respond(id, first.bearer);
  const other = await ask({ callback_url: receiver.url });
  await call(`/requests/${other}`, { method: 'DELETE' });
  await runDueJobs(services, webhookHandlers);
  const told = receiver.received.map(({ json }) => json);
  expect(told).toHaveLength(2);
  expect(told.find(({ event }) => event === 'request.completed')).toEqual({
    event: 'request.completed',
    request_id: id,
    loop_id: loop.id,
    status: 'completed',
    response_data: { selected_value: 'approve' },
    response_by: { user_id: first.id, name: first.name, email: first.email },
    response_at: instant,
    response_time_seconds: expect.any(Number),
    created_at: instant,
  });
  expect(told.find(({ event }) => event === 'request.cancelled')).toMatchObject({
    request_id: other,
    status: 'cancelled',
    response_data: null,
  });
  expect(await read(id)).toMatchObject({ response_time_seconds: expect.any(Number) });
});

test('feedback on a completed request is kept once and reaches the reviewer', async () => {
  const id = await ask();
  const feedback = {
    rating: 5,
    comment: 'Very thorough.',
    accuracy: 5,
    tags: ['quick'],
    category: 'positive',
    own: 1,
  };
  const send = (body: unknown = { feedback }) => call(`/requests/${id}/feedback`, { body });
  expect(await send()).toEqual(conflict('Feedback can only be added to completed requests'));
  await respond(id, first.bearer);
  expect(await send()).toEqual({
    status: 200,
    body: {
      error: false,
      msg: 'Feedback added successfully',
      data: {
        request_id: id,
        feedback,
        feedback_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        submitted_at: instant,
        reviewer_notified: true,
      },
    },
  });
  expect(await send()).toEqual(conflict('Feedback was added already'));
  expect((await getNewestMail(services, first.email)).text).toContain('Very thorough.');
});

test.each([
  [{ feedback: {} }, 'feedback must not be empty'],
  [{ feedback: { rating: 6 } }, 'feedback.rating must be between 1 and 5'],
  [{ feedback: { comment: 'x'.repeat(1001) } }, 'feedback.comment must have at most 1000 characters'],
  [{ feedback: { category: 'great' } }, 'feedback.category must be one of: positive, constructive, issue'],
])('feedback %j is refused', async (body, data) => {
  const id = await ask();
  const response = await call(`/requests/${id}/feedback`, { body });
  expect(response).toEqual({ status: 400, body: { error: true, msg: 'Validation failed', data } });
});

describe('with a test key', () => {
  const askSimulator = async (members: object) => {
    const { loop: own } = await newLoop(testKey);
    return ask(members, own.id, testKey);
  };

  test.each(cases)('a simulated reviewer answers a question of the type %s', async (type, config) => {
    const members = { response_type: type, response_config: config, default_response: null };
    const id = await askSimulator(members);
    expect(await read(id, testKey)).toMatchObject({
      status: 'pending',
      broadcasted_to: [{ user_id: creator.id, notification_sent: false }],
    });
    clock.advance(3000);
    await runRequests();
    const answered = await read(id, testKey);
    expect(answered).toMatchObject({ status: 'completed', response_by: '000000000000000000000001' });
    const again = await ask(members);
    expect((await respond(again, first.bearer, answered.response_data)).status).toBe(200);
  });

  test('context.simulate forces an answer or a timeout, and nothing else', async () => {
    const timeout = await askSimulator({ context: { simulate: 'timeout' }, callback_url: receiver.url });
    const response = await askSimulator({ context: { simulate: 'respond' } });
    clock.advance(3000);
    await runRequests();
    expect(await read(timeout, testKey)).toMatchObject({ status: 'timeout', response_data: 'reject' });
    expect(await read(response, testKey)).toMatchObject({ status: 'completed', response_data: 'approve' });
    await runDueJobs(services, webhookHandlers);
    expect(receiver.received.map(({ json }) => json.event)).toEqual(['request.timeout']);
    const { loop: own } = await newLoop(testKey);
    const refused = await call(`/loops/${own.id}/requests`, {
      bearer: testKey,
      body: { ...approval, context: { simulate: 'applause' } },
    });
    expect(refused.body).toEqual({
      error: true,
      msg: 'Validation failed',
      data: 'context.simulate must be one of: respond, timeout',
    });
  });

  test('a test request is unknown to live keys and to people', async () => {
    const id = await askSimulator({});
    expect((await call(`/requests/${id}`)).status).toBe(404);
    expect((await respond(id, first.bearer)).status).toBe(404);
  });
});
