/** Agents and keys over HTTP: scopes by method, paging, ownership, and what bad input is told. */
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../testing/serve.js';
import { makeAccessToken } from '../../testing/tokens.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const person = await makePerson(services);
const { key } = await makeKey(services, 'openhuman', person.id);
const path = '/openhuman/v1/agents';

type Agent = { id: string; name: string };
const create = async (members: object, bearer = key) => api.call(path, { body: members, bearer });

test('an agent is created with defaults, read, changed, replaced and deleted', async () => {
  const created = await create({ name: 'Scout' });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    id: expect.stringMatching(/^agt_[0-9a-f]{24}$/),
    name: 'Scout',
    description: '',
    instructions: '',
    model: 'default',
    tools: [],
    metadata: {},
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  const { id } = created.body as Agent;
  expect(created.headers.get('location')).toContain(`/v1/agents/${id}`);
  expect((await api.call(`${path}/${id}`, { bearer: key })).body).toEqual(created.body);
  const tools = ['search', { name: 'mail', parameters: { to: 'string' } }];
  const patched = await api.call(`${path}/${id}`, { method: 'PATCH', bearer: key, body: { tools } });
  expect(patched.body).toMatchObject({ name: 'Scout', tools });
  const put = await api.call(`${path}/${id}`, { method: 'PUT', bearer: key, body: { name: 'Other' } });
  expect(put.body).toMatchObject({ name: 'Other', tools: [] });
  expect((await api.call(`${path}/${id}`, { method: 'DELETE', bearer: key })).status).toBe(204);
  expect((await api.call(`${path}/${id}`, { bearer: key })).body).toEqual({
    error: { code: 'resource_not_found', message: 'The resource does not exist', status: 404 },
  });
});

test('a list comes in pages, the newest first, without gap or repetition', async () => {
  const owner = await makePerson(services);
  const { key: bearer } = await makeKey(services, 'openhuman', owner.id);
  for (let index = 0; index < 25; index += 1) await create({ name: `Agent ${index}` }, bearer);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = cursor === '' ? '?limit=10' : `?limit=10&cursor=${cursor}`;
    const page = (await api.call(path + query, { bearer })).body as {
      data: Agent[];
      has_more: boolean;
      next_cursor: string | null;
    };
    expect(page.has_more).toBe(page.next_cursor !== null);
    seen.push(...page.data.map((agent) => agent.name));
    cursor = page.next_cursor;
  }
  expect(seen).toHaveLength(25);
  expect(new Set(seen).size).toBe(25);
});

test.each([
  ['a name that is missing', { description: 'x' }, 'name'],
  ['a name that is empty', { name: '' }, 'name'],
  ['tools that are no list', { name: 'x', tools: 'search' }, 'tools'],
  ['metadata that is no object', { name: 'x', metadata: [] }, 'metadata'],
  ['a member that nobody knows', { name: 'x', colour: 'red' }, 'colour'],
])('%s is refused by its name', async (_what, body, field) => {
  const response = await create(body);
  expect(response.status).toBe(400);
  expect(response.body).toMatchObject({ error: { code: 'invalid_request', status: 400, field } });
});

test.each(['?limit=0', '?limit=101', '?limit=many', '?cursor=%21'])('%s is refused', async (query) => {
  expect((await api.call(path + query, { bearer: key })).body).toMatchObject({
    error: { code: 'invalid_request' },
  });
});

test('another person’s agent is as good as none', async () => {
  const { id } = (await create({ name: 'Mine' })).body as Agent;
  const stranger = await makePerson(services);
  const other = await makeKey(services, 'openhuman', stranger.id);
  for (const method of ['GET', 'DELETE']) {
    expect((await api.call(`${path}/${id}`, { method, bearer: other.key })).status).toBe(404);
  }
  expect((await api.call(`${path}/${id}`, { bearer: key })).status).toBe(200);
});

const calls = [
  ['read', 'GET', '/v1/agents', undefined],
  ['write', 'POST', '/v1/agents', { name: 'x' }],
  ['write', 'PUT', '/v1/agents/agt_0', { name: 'x' }],
  ['write', 'PATCH', '/v1/agents/agt_0', { name: 'x' }],
  ['delete', 'DELETE', '/v1/agents/agt_0', undefined],
  ['admin', 'GET', '/v1/api-keys', undefined],
  ['admin', 'POST', '/v1/api-keys', { name: 'x', scopes: ['admin'] }],
  ['admin', 'DELETE', '/v1/api-keys/key_0', undefined],
  ['admin', 'GET', '/v1/plan', undefined],
] as const;

describe.each(['read', 'write', 'delete', 'admin'])('with the scope %s alone', (scope) => {
  test.each(calls)('(%s) %s %s', async (needed, method, route, body) => {
    const owner = await makePerson(services);
    const { token } = await makeAccessToken(services, {
      productId: 'openhuman',
      ownerId: owner.id,
      personId: person.id,
      scopes: [scope],
    });
    const narrow = await makeKey(services, 'openhuman', person.id, { permissions: [scope] });
    for (const bearer of [token, narrow.key]) {
      const response = await api.call(`/openhuman${route}`, { method, bearer, body });
      if (needed === scope) expect(response.status).not.toBe(403);
      else {
        expect(response.body).toMatchObject({ error: { code: 'insufficient_scope', status: 403 } });
        expect(response.headers.get('www-authenticate')).toContain(
          `error="insufficient_scope", scope="${scope} ${needed}"`,
        );
      }
    }
  });
});

test('a token sees the agents of the person who gave it, not of the app’s owner', async () => {
  const developer = await makePerson(services);
  const giver = await makePerson(services);
  const { key: giverKey } = await makeKey(services, 'openhuman', giver.id);
  const { id } = (await create({ name: 'Theirs' }, giverKey)).body as Agent;
  const { token, clientId } = await makeAccessToken(services, {
    productId: 'openhuman',
    ownerId: developer.id,
    personId: giver.id,
    scopes: ['read'],
  });
  expect((await api.call(`${path}/${id}`, { bearer: token })).status).toBe(200);
  expect((await api.call('/openhuman/v1/me', { bearer: token })).body).toEqual({
    id: `usr_${giver.id}`,
    credential: 'access_token',
    client_id: clientId,
    scopes: ['read'],
    plan: 'free',
  });
});

test('a key is made over the API, shown once, and gets no scope that its maker lacks', async () => {
  const made = await api.call('/openhuman/v1/api-keys', {
    bearer: key,
    body: { name: 'CI', scopes: ['read'] },
  });
  expect(made.status).toBe(201);
  const { key: value, id } = made.body as { key: string; id: string };
  expect(value).toMatch(/^sk_\w{42}$/);
  expect((await api.call(path, { bearer: value })).status).toBe(200);
  expect((await api.call('/openhuman/v1/api-keys', { bearer: key })).text).not.toContain(value);
  const admin = await makeKey(services, 'openhuman', person.id, { permissions: ['admin'] });
  const more = await api.call('/openhuman/v1/api-keys', {
    bearer: admin.key,
    body: { name: 'x', scopes: ['write'] },
  });
  expect(more.status).toBe(403);
  expect((await api.call(`/openhuman/v1/api-keys/${id}`, { method: 'DELETE', bearer: key })).status).toBe(
    204,
  );
  expect((await api.call(path, { bearer: value })).body).toEqual({
    error: { code: 'invalid_api_key', message: 'API key is invalid or expired', status: 401 },
  });
});

test('a token of HaaS is unknown here, and one of ours there', async () => {
  const give = (productId: string, scopes: string[]) =>
    makeAccessToken(services, { productId, ownerId: person.id, personId: person.id, scopes });
  const haas = await give('haas', ['status:read']);
  const ours = await give('openhuman', ['read']);
  const here = await api.call(path, { bearer: haas.token });
  expect(here.status).toBe(401);
  expect(here.headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect((await api.call('/haas/v1/humans/usr_maria_42/status', { bearer: ours.token })).status).toBe(401);
});

test('50 creations with one Idempotency-Key make one agent', async () => {
  const headers = { 'Idempotency-Key': 'only-once' };
  const owner = await makePerson(services);
  const { key: bearer } = await makeKey(services, 'openhuman', owner.id);
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => api.call(path, { body: { name: 'Once' }, bearer, headers })),
  );
  expect(responses.some((response) => response.status === 201)).toBe(true);
  const others = responses.filter(({ status }) => status !== 201 && status !== 409);
  expect(others.map(({ status, text }) => [status, text])).toEqual([]);
  expect(((await api.call(path, { bearer })).body as { data: unknown[] }).data).toHaveLength(1);
});
