/** Tasks over HTTP: what can be sent, who reads them, and what can still be done with them. */
import { createTestServices } from '../../../shared/testing/services.js';
import { startApi } from '../../testing/serve.js';
import { errand, makeAccount, makeTask, readTask } from './testing/humans.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const account = await makeAccount(services, 'enterprise');
const bearer = account.testKey;
const create = (body: unknown) => api.call('/haas/v1/tasks', { bearer, body });

test('a task is answered whole, and read again as it was answered', async () => {
  const deadline = new Date(clock.ms() + 3_600_000).toISOString();
  const response = await create({
    ...errand,
    human_id: 'usr_maria_42',
    priority: 'high',
    deadline,
    estimated_duration: 900,
    compensation: { amount: 15.5, currency: 'EUR', bonus_eligible: true },
    attachments: [{ name: 'map', url: 'https://example.com/map.png' }],
    metadata: { order: 7 },
    requester_id: 'agent_claude_v3',
  });
  expect(response.status).toBe(201);
  expect(response.body).toEqual({
    id: expect.stringMatching(/^task_[0-9A-Za-z]{12}$/),
    object: 'task',
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
    status: 'queued',
    status_reason: null,
    type: 'physical',
    priority: 'high',
    title: errand.title,
    description: errand.description,
    human_id: 'usr_maria_42',
    requester_id: 'agent_claude_v3',
    deadline,
    estimated_duration: 900,
    compensation: { amount: 15.5, currency: 'EUR', bonus_eligible: true },
    result: null,
    attachments: [{ name: 'map', url: 'https://example.com/map.png' }],
    metadata: { order: 7 },
    skills: [],
    progress: 0,
    clarification: null,
    message: null,
    key_id: account.testKeyId,
  });
  const { id } = response.body as { id: string };
  expect(response.headers.get('location')).toMatch(new RegExp(`/haas/v1/tasks/${id}$`));
  expect(await readTask(api, bearer, id)).toEqual(response.body);
});

test.each([
  [{}, 'title'],
  [{ title: '' }, 'title'],
  [{ title: 'x'.repeat(201) }, 'title'],
  [{ description: undefined }, 'description'],
  [{ type: 'Physical labour' }, 'type'],
  [{ priority: 'now' }, 'priority'],
  [{ deadline: 'tomorrow' }, 'deadline'],
  [{ deadline: '2001-01-01T00:00:00Z' }, 'deadline'],
  [{ estimated_duration: 0 }, 'estimated_duration'],
  [{ compensation: { amount: -1 } }, 'compensation.amount'],
  [{ compensation: { amount: 1.005 } }, 'compensation.amount'],
  [{ compensation: { amount: 1, currency: 'euro' } }, 'compensation.currency'],
  [{ attachments: [{ url: 'javascript:alert(1)' }] }, 'attachments.0.url'],
  [{ metadata: { blob: 'x'.repeat(17_000) } }, 'metadata'],
  [{ metadata: { simulate: 'miracle' } }, 'metadata.simulate'],
  [{ skills: 'driving' }, 'skills'],
])('a bad member is named and nothing is stored: %j', async (members, field) => {
  const before = await services.db('dispatched_tasks').count().first();
  const response = await create(Object.keys(members).length === 0 ? {} : { ...errand, ...members });
  expect(response.status).toBe(400);
  expect(response.body).toEqual({
    error: {
      code: 400,
      type: 'invalid_request',
      message: expect.stringContaining(field),
      field,
      request_id: expect.stringMatching(/^req_/),
    },
  });
  expect(await services.db('dispatched_tasks').count().first()).toEqual(before);
});

test('without a human the task goes to one who has the skills', async () => {
  const task = await makeTask(api, bearer, { skills: ['Testing'] });
  expect(task.human_id).toBe('usr_priya_26');
});

test('with skills that nobody has, nobody is available', async () => {
  const response = await create({ ...errand, skills: ['levitation'] });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('300');
  expect(response.body).toMatchObject({
    error: { code: 503, type: 'human_unavailable', details: { reason: 'nobody_available' } },
  });
});

test('an unknown human is 404, and so is a task of another account or environment', async () => {
  expect((await create({ ...errand, human_id: 'usr_nobody' })).status).toBe(404);
  expect((await create({ ...errand, human_id: 'maria_42' })).status).toBe(404);
  const { id } = await makeTask(api, bearer);
  const other = await makeAccount(services);
  for (const stranger of [other.testKey, account.liveKey]) {
    expect((await api.call(`/haas/v1/tasks/${id}`, { bearer: stranger })).status).toBe(404);
    const cancel = await api.call(`/haas/v1/tasks/${id}/cancel`, { bearer: stranger, method: 'POST' });
    expect(cancel.status).toBe(404);
  }
});

test('a list is paged, the newest first, and narrowed by status, human, key and time', async () => {
  const owner = await makeAccount(services, 'pro');
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const human = index % 2 === 0 ? 'usr_maria_42' : 'usr_priya_26';
    ids.unshift((await makeTask(api, owner.testKey, { human_id: human })).id);
  }
  const list = async (query: string) =>
    (await api.call(`/haas/v1/tasks?${query}`, { bearer: owner.testKey })).body as {
      data: { id: string }[];
      has_more: boolean;
      next_cursor: string | null;
    };
  const first = await list('limit=3');
  expect(first).toMatchObject({ object: 'list', has_more: true, next_cursor: expect.any(String) });
  const second = await list(`limit=3&cursor=${first.next_cursor}`);
  expect(second).toMatchObject({ has_more: false, next_cursor: null });
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids);

  const idsOf = async (query: string) => (await list(query)).data.map(({ id }) => id);
  expect(await idsOf('human_id=usr_priya_26')).toEqual([ids[1], ids[3]]);
  expect(await idsOf(`key_id=${owner.testKeyId}`)).toEqual(ids);
  expect(await idsOf('key_id=other')).toEqual([]);
  await api.call(`/haas/v1/tasks/${ids[0]}/cancel`, { bearer: owner.testKey, method: 'POST' });
  expect(await idsOf('status=cancelled,completed')).toEqual([ids[0]]);
  clock.advance(60_000);
  const since = clock.now().toISOString();
  const late = await makeTask(api, owner.testKey);
  expect(await idsOf(`since=${since}`)).toEqual([late.id]);
  expect((await api.call('/haas/v1/tasks?cursor=x', { bearer: owner.testKey })).body).toMatchObject({
    error: { code: 400, field: 'cursor' },
  });
});

test('a batch answers in order, and one that cannot be does not stop the others', async () => {
  const owner = await makeAccount(services);
  const body = {
    tasks: [errand, { ...errand, human_id: 'usr_nobody' }, errand, errand, errand, errand, errand],
  };
  const response = await api.call('/haas/v1/tasks/batch', { bearer: owner.testKey, body });
  expect(response.status).toBe(200);
  const { results } = response.body as { results: { status: number; error?: unknown }[] };
  expect(results.map(({ status }) => status)).toEqual([201, 404, 201, 201, 201, 201, 429]);
  expect(results[6]?.error).toMatchObject({ code: 429, type: 'concurrent_tasks_exceeded' });
  expect(Number(response.headers.get('x-ratelimit-remaining'))).toBe(59_999);

  const tooMany = { tasks: Array.from({ length: 26 }, () => errand) };
  expect((await api.call('/haas/v1/tasks/batch', { bearer, body: tooMany })).body).toMatchObject({
    error: { code: 400, field: 'tasks' },
  });
  const oneBad = { tasks: [errand, { ...errand, title: '' }] };
  expect((await api.call('/haas/v1/tasks/batch', { bearer, body: oneBad })).body).toMatchObject({
    error: { code: 400, field: 'tasks.1.title' },
  });
});

test('the same Idempotency-Key makes one task', async () => {
  const send = () =>
    api.call('/haas/v1/tasks', { bearer, body: errand, headers: { 'Idempotency-Key': 'once' } });
  const [first, again] = [await send(), await send()];
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

test('a cancelled task keeps the word to its human, and stays cancelled', async () => {
  const { id } = await makeTask(api, bearer);
  const cancel = () =>
    api.call(`/haas/v1/tasks/${id}/cancel`, { bearer, body: { message: 'Found it myself.' } });
  expect((await cancel()).body).toMatchObject({
    status: 'cancelled',
    status_reason: 'requester_cancelled',
    message: 'Found it myself.',
  });
  const again = await cancel();
  expect(again.status).toBe(409);
  expect(again.body).toMatchObject({ error: { type: 'conflict', status: 'cancelled' } });
});

test('what a leaked key made since it leaked is cancelled in one call, with a word to the humans', async () => {
  const owner = await makeAccount(services, 'pro');
  const before = await makeTask(api, owner.testKey);
  clock.advance(1_000);
  const since = clock.now().toISOString();
  const leaked = [await makeTask(api, owner.testKey), await makeTask(api, owner.testKey)];
  const body = { key_id: owner.testKeyId, since, message: 'We are sorry: this was not us.' };
  const response = await api.call('/haas/v1/tasks/cancel', { bearer: owner.testKey, body });
  expect(response.body).toMatchObject({ cancelled: 2 });
  for (const { id } of leaked) {
    expect(await readTask(api, owner.testKey, id)).toMatchObject({
      status: 'cancelled',
      message: body.message,
    });
  }
  expect((await readTask(api, owner.testKey, before.id)).status).toBe('queued');
  const audit = await services.db('audit_events').where({ action: 'tasks.cancelled' }).select('details');
  expect(audit).toHaveLength(1);
  const all = await api.call('/haas/v1/tasks/cancel', { bearer, body: {} });
  expect(all.status).toBe(400);
});

test('there is nothing to clarify where nobody asked', async () => {
  const { id } = await makeTask(api, bearer);
  const response = await api.call(`/haas/v1/tasks/${id}/clarify`, { bearer, body: { answer: 'Yes.' } });
  expect(response.status).toBe(409);
});
