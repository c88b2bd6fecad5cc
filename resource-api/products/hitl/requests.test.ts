/** Asking: what is taken and refused, who is told, lists, cancelling. */
import { createTestUser, getNewestMail, listSubjects } from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, startApi } from '../../testing/serve.js';
import { approval, signInTo } from './testing/reviewers.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const creator = await createTestUser(services);
const { id: keyId, key } = await makeKey(services, 'hitl', creator.id);
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);

interface Data {
  loop: { id: string };
  invite_code: string;
  request_id: string;
  request: Record<string, unknown>;
  requests: Record<string, unknown>[];
  has_more: boolean;
  total: number;
  pagination: { next_offset: number | null };
}
interface CallOptions {
  method?: string;
  body?: unknown;
  bearer?: string;
  headers?: Record<string, string>;
}
const call = async (route: string, options: CallOptions = {}) => {
  const { status, body } = await api.call(`/hitl/v1/api${route}`, { bearer: key, ...options });
  return { status, body: body as { error: boolean; msg: string; data: Data } };
};
const newLoop = async (bearer = key) =>
  (await call('/loops', { bearer, body: { name: 'LoopRequest' } })).body.data;
const { loop, invite_code: code } = await newLoop();
const ask = (members: object = {}, options: CallOptions = {}) =>
  call(`/loops/${loop.id}/requests`, { body: { ...approval, ...members }, ...options });
const reviewer = await createTestUser(services);
const reviewerJwt = await signInTo(api, reviewer.email);
await call('/loops/join', { bearer: reviewerJwt, body: { invite_code: code } });

test('a request is created, put before every active member by mail, and can be polled', async () => {
  const response = await ask({ priority: 'high' });
  expect(response).toEqual({
    status: 201,
    body: {
      error: false,
      msg: 'Request created and broadcasted successfully',
      data: {
        request_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        status: 'pending',
        processing_type: 'time-sensitive',
        type: 'markdown',
        priority: 'high',
        timeout_at: instant,
        broadcasted_to: 2,
        notifications_sent: 2,
        polling_url: `/v1/api/requests/${response.body.data.request_id}`,
      },
    },
  });
  const mail = await getNewestMail(services, reviewer.email);
  expect(mail.text).toContain(approval.request_text);
  expect(mail.text).toContain(response.body.data.request_id);
});

test('a request is read whole; what concerns its creator alone is not shown to reviewers', async () => {
  const members = {
    context: { post_id: 'post456' },
    callback_url: 'https://example.com/webhook/response',
    platform_version: '1.0.0',
  };
  const { request_id: id } = (await ask(members)).body.data;
  const told = (person: { id: string; email: string }, role: string) => ({
    user_id: person.id,
    email: person.email,
    role,
    notification_sent: true,
    notification_error: null,
  });
  const response = await call(`/requests/${id}`);
  expect(response.body).toEqual({
    error: false,
    msg: 'Request retrieved successfully',
    data: {
      request: {
        id,
        loop_id: loop.id,
        creator_id: creator.id,
        api_key_id: keyId,
        processing_type: 'time-sensitive',
        type: 'markdown',
        priority: 'medium',
        request_text: approval.request_text,
        image_url: null,
        context: { post_id: 'post456' },
        platform: 'api',
        platform_version: '1.0.0',
        response_type: 'single_select',
        response_config: approval.response_config,
        default_response: 'reject',
        timeout_at: instant,
        callback_url: members.callback_url,
        broadcasted_to: [told(creator, 'admin'), told(reviewer, 'member')],
        broadcasted_at: instant,
        status: 'pending',
        response_by: null,
        response_at: null,
        response_data: null,
        response_time_seconds: null,
        created_at: instant,
        updated_at: instant,
      },
    },
  });
  const seen = (await call(`/requests/${id}`, { bearer: reviewerJwt })).body.data.request;
  expect(seen).toEqual({ ...response.body.data.request, api_key_id: null, callback_url: null });
});

test('a deferred request without a time waits for thirty days', async () => {
  const { request_id: id } = (await ask({ processing_type: 'deferred', timeout_seconds: undefined })).body
    .data;
  const { request } = (await call(`/requests/${id}`)).body.data;
  const days = (Date.parse(String(request.timeout_at)) - Date.parse(String(request.created_at))) / 86_400_000;
  expect(days).toBe(30);
});

test('members whose address is not confirmed, or whose account is disabled, are not written to', async () => {
  const own = await newLoop();
  const unconfirmed = await createTestUser(services);
  const disabled = await createTestUser(services);
  for (const { email } of [unconfirmed, disabled]) {
    const bearer = await signInTo(api, email);
    await call('/loops/join', { bearer, body: { invite_code: own.invite_code } });
  }
  await services.db('users').where({ id: unconfirmed.id }).update({ email_verified_at: null });
  await services.db('users').where({ id: disabled.id }).update({ status: 'disabled' });
  const response = await call(`/loops/${own.loop.id}/requests`, { body: approval });
  expect(response.body.data).toMatchObject({ broadcasted_to: 2, notifications_sent: 1 });
  expect(await listSubjects(services, unconfirmed.email)).toEqual([]);
  expect(await listSubjects(services, disabled.email)).toEqual([]);
});

const broken = (data: string) => ({ error: true, msg: 'Validation failed', data });
const config = (data: string) => ({ error: true, msg: 'Invalid response configuration', data });
const member = (field: string, issue = 'Field is required') => ({
  error: true,
  msg: 'Invalid request body',
  data: { field, issue },
});
const text = { response_type: 'text', default_response: null };
const number = { response_type: 'number', default_response: null };
const rating = { response_type: 'rating', default_response: null };
const multi = { response_type: 'multi_select', default_response: null };
const options = ['a', 'b', 'c'];

test.each([
  [{ timeout_seconds: undefined }, broken('timeout_seconds is required for time-sensitive requests')],
  [{ timeout_seconds: 59 }, broken('timeout_seconds must be between 60 and 86400')],
  [{ timeout_seconds: 86_401 }, broken('timeout_seconds must be between 60 and 86400')],
  [{ timeout_seconds: 60.5 }, broken('timeout_seconds must be between 60 and 86400')],
  [{ timeout_seconds: '60' }, member('timeout_seconds', 'timeout_seconds must be a number')],
  [{ request_text: '' }, broken('request_text must be between 1 and 2000 characters')],
  [{ request_text: 'x'.repeat(2001) }, broken('request_text must be between 1 and 2000 characters')],
  [{ request_text: undefined }, member('request_text')],
  [{ priority: 'urgent' }, broken('priority must be one of: low, medium, high, critical')],
  [{ priority: undefined }, member('priority')],
  [{ processing_type: 'soon' }, broken('processing_type must be one of: time-sensitive, deferred')],
  [{ type: 'video' }, broken('type must be one of: markdown, image')],
  [{ type: 'image' }, broken('image_url is required for image requests')],
  [{ type: 'image', image_url: 'javascript:1' }, broken('image_url must be an http or https address')],
  [
    { response_type: 'boolean' },
    broken('response_type must be one of: text, single_select, multi_select, rating, number'),
  ],
  [{ platform: 'fax' }, broken('platform must be one of: n8n, zapier, web_portal, api, mobile, webhook')],
  [{ context: [] }, member('context', 'context must be an object')],
  [{ context: { x: 'x'.repeat(33_000) } }, broken('context must have at most 16384 bytes as JSON')],
  [
    { callback_url: 'http://169.254.169.254/' },
    broken(expect.stringMatching(/^callback_url must be a public address; .*OUTBOUND_ALLOW/)),
  ],
  [{ callback_url: 'nonsense' }, broken('callback_url must be an http or https address without a user name')],
  [{ colour: 'red' }, broken('colour is not known here')],
  [{ response_config: undefined }, member('response_config')],
  [{ response_config: {} }, config('options array required for select response type')],
  [{ response_config: { options: [] } }, config('options must have 1 to 20 items')],
  [{ response_config: { options: ['a', 'a'] } }, config('options must differ in their values')],
  [{ response_config: { options, required: 'yes' } }, config('required must be a boolean')],
  [
    { response_config: { options: [{ label: 'A' }] } },
    config('options.0 must be a string, or an object with a value, of 1 to 200 characters'),
  ],
  [
    { ...multi, response_config: { options, min_selections: 3, max_selections: 2 } },
    config('min_selections must be a whole number between 0 and 2'),
  ],
  [
    { ...multi, response_config: { options, max_selections: 4 } },
    config('max_selections must be a whole number between 1 and 3'),
  ],
  [
    { ...text, response_config: { max_length: 5001 } },
    config('max_length must be a whole number between 1 and 5000'),
  ],
  [
    { ...text, response_config: { min_length: 20, max_length: 10 } },
    config('min_length must be a whole number between 0 and 10'),
  ],
  [
    { ...rating, response_config: { scale_min: 5, scale_max: 5 } },
    config('scale_min must be less than scale_max'),
  ],
  [
    { ...rating, response_config: { scale_step: 0 } },
    config('scale_step must be more than 0 and at most the length of the scale'),
  ],
  [
    { ...number, response_config: { min_value: 2, max_value: 1 } },
    config('min_value must not be more than max_value'),
  ],
  [{ ...number, response_config: { min_value: '2' } }, config('min_value must be a number')],
  [{ default_response: 'perhaps' }, broken('default_response must be one of: approve, reject')],
])('%j is refused by name, and nobody is asked', async (members, body) => {
  const before = (await call('/requests')).body.data.total;
  expect(await ask(members)).toEqual({ status: 400, body });
  expect((await call('/requests')).body.data.total).toBe(before);
});

test('a default response need not be as long as an answer', async () => {
  const members = { ...text, response_config: { min_length: 50, max_length: 1000, required: true } };
  expect((await ask({ ...members, default_response: 'No feedback provided' })).status).toBe(201);
});

test('lists filter, sort and page', async () => {
  const owner = await createTestUser(services);
  const { key: bearer } = await makeKey(services, 'hitl', owner.id);
  const [first, second] = [await newLoop(bearer), await newLoop(bearer)];
  const ids: string[] = [];
  for (const [index, priority] of ['low', 'critical', 'medium', 'high'].entries()) {
    const target = index === 3 ? second : first;
    const { body } = await call(`/loops/${target.loop.id}/requests`, {
      bearer,
      body: { ...approval, priority },
    });
    ids.push(body.data.request_id);
  }
  await call(`/requests/${ids[0]}`, { bearer, method: 'DELETE' });
  const list = async (query: string, path = '/requests') => {
    const { data } = (await call(path + query, { bearer })).body;
    return data.requests.map(({ id }) => ids.indexOf(String(id)));
  };
  expect(await list('')).toEqual([3, 2, 1, 0]);
  expect(await list('?sort=created_at_asc')).toEqual([0, 1, 2, 3]);
  expect(await list('?sort=priority_desc')).toEqual([1, 3, 2, 0]);
  expect(await list('?sort=status_asc')).toEqual([0, 3, 2, 1]);
  expect(await list('?status=pending')).toEqual([3, 2, 1]);
  expect(await list('?status=cancelled&priority=low')).toEqual([0]);
  expect(await list(`?loop_id=${second.loop.id}`)).toEqual([3]);
  expect(await list('', `/loops/${first.loop.id}/requests`)).toEqual([2, 1, 0]);
  const page = (await call('/requests?limit=3&offset=0', { bearer })).body;
  expect(page).toEqual({
    error: false,
    msg: 'Requests retrieved successfully',
    data: {
      requests: expect.any(Array),
      count: 3,
      total: 4,
      has_more: true,
      pagination: { limit: 3, offset: 0, next_offset: 3 },
    },
  });
  expect(page.data.requests[0]).toEqual({
    id: ids[3],
    loop_id: second.loop.id,
    processing_type: 'time-sensitive',
    type: 'markdown',
    priority: 'high',
    request_text: approval.request_text,
    response_type: 'single_select',
    status: 'pending',
    response_data: null,
    response_by: null,
    response_at: null,
    response_time_seconds: null,
    timeout_at: instant,
    created_at: instant,
    updated_at: instant,
  });
  const last = (await call('/requests?limit=3&offset=3', { bearer })).body.data;
  expect(last).toMatchObject({ count: 1, has_more: false, pagination: { next_offset: null } });
});

test.each([
  ['limit=0', 'limit must be at least 1'],
  ['limit=101', 'limit must be at most 100'],
  ['limit=many', 'limit must be a number'],
  ['offset=-1', 'offset must be at least 0'],
  ['status=lost', 'status must be one of: pending, claimed, completed, timeout, cancelled'],
  ['sort=random', 'sort must be one of: created_at_desc, created_at_asc, priority_desc, status_asc'],
])('a list with %s is refused', async (query, problem) => {
  expect(await call(`/requests?${query}`)).toEqual({ status: 400, body: broken(problem) });
});

test('a request is cancelled once, and not when it has ended', async () => {
  const { request_id: id } = (await ask()).body.data;
  const cancel = () => call(`/requests/${id}`, { method: 'DELETE' });
  const responses = await Promise.all(Array.from({ length: 10 }, cancel));
  const won = responses.filter(({ status }) => status === 200);
  expect(won).toEqual([
    {
      status: 200,
      body: {
        error: false,
        msg: 'Request cancelled successfully',
        data: {
          request_id: id,
          status: 'cancelled',
          cancelled_at: instant,
          previous_status: 'pending',
          refund_info: { refunded: false, reason: expect.any(String) },
        },
      },
    },
  ]);
  const lost = { status: 409, body: { error: true, msg: 'Request cannot be cancelled in current state' } };
  expect(responses.filter(({ status }) => status !== 200)).toEqual(Array.from({ length: 9 }, () => lost));
});

test('50 with one Idempotency-Key ask once', async () => {
  const own = await newLoop();
  const headers = { 'Idempotency-Key': 'ask-once' };
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => call(`/loops/${own.loop.id}/requests`, { body: approval, headers })),
  );
  expect(responses.every(({ status }) => status === 201 || status === 409)).toBe(true);
  expect((await call(`/loops/${own.loop.id}/requests`)).body.data.total).toBe(1);
});

test('what was asked goes with its loop', async () => {
  const own = await newLoop();
  const asked = await call(`/loops/${own.loop.id}/requests`, { body: approval });
  const deleted = await call(`/loops/${own.loop.id}`, { method: 'DELETE' });
  expect(deleted.body.data).toMatchObject({
    deleted_data: { members_removed: 1, requests_deleted: 1, responses_deleted: 0 },
  });
  const gone = await call(`/requests/${asked.body.data.request_id}`);
  expect(gone).toEqual({ status: 404, body: { error: true, msg: 'Request not found' } });
});
