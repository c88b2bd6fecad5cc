/** What one account can make the service hold or send: the size of a value, of a page, and the number of rows. */
import { createOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { newId } from '../../shared/ids.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import { anotherProcess, type CallOptions, makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 10_000 });
const api = await startApi(services);
const second = await startApi(anotherProcess(services));
const person = await makePerson(services);
const bearer = async (product: string) => ({ bearer: (await makeKey(services, product, person.id)).key });
const haas = { bearer: (await makeKey(services, 'haas', person.id, { environment: 'test' })).key };
const hitl = await bearer('hitl');
const openhuman = await bearer('openhuman');
const agenthuman = { headers: { 'x-api-key': (await makeKey(services, 'agenthuman', person.id)).key } };
const jwt = {
  bearer: (await issueSessionJwt(services, getProduct('agenthuman'), { user: person, role: 'user' })).token,
};

const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const ofBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
const ofMembers = (count: number) => ({ list: new Array(count - 1).fill(0) });

const withMembers = async (path: string, options: CallOptions, body: object) =>
  api.call(path, { ...options, body });

const request = {
  processing_type: 'deferred',
  type: 'markdown',
  priority: 'low',
  request_text: 'Is it open?',
  response_type: 'text',
};

test.each([
  ['/openhuman/v1/agents', openhuman, (value: object) => ({ name: 'A', metadata: value })],
  ['/agenthuman/v1/agents', agenthuman, (value: object) => ({ name: 'A', properties: value })],
  ['/agenthuman/v1/roles', jwt, (value: object) => ({ name: 'A', properties: value })],
  [
    '/haas/v1/tasks',
    haas,
    (value: object) => ({ title: 'A', description: 'B', type: 'verification', metadata: value }),
  ],
] as const)('%s takes a value of 16 kB, 20 levels and 1,000 members, and no more', async (path, by, wrap) => {
  for (const value of [ofBytes(16_384), nested(20), ofMembers(1_000)]) {
    expect((await withMembers(path, by, wrap(value))).status).toBe(201);
  }
  for (const [value, why] of [
    [ofBytes(16_385), '16384 bytes'],
    [nested(21), '20 levels'],
    [ofMembers(1_001), '1000 members'],
  ] as const) {
    const refused = await withMembers(path, by, wrap(value));
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining(`must have at most ${why}`),
    ]);
  }
});

test('every other free-form value has the same bounds', async () => {
  const session = await withMembers('/agenthuman/v1/sessions', agenthuman, {
    agent_id: 'agnt_x',
    metadata: nested(21),
  });
  const tools = await withMembers('/openhuman/v1/agents', openhuman, { name: 'A', tools: [nested(20)] });
  const context = await withMembers('/hitl/v1/api/loops/x/requests', hitl, {
    ...request,
    response_config: {},
    context: nested(21),
  });
  const config = await withMembers('/hitl/v1/api/loops/x/requests', hitl, {
    ...request,
    response_config: ofBytes(16_385),
  });
  const feedback = await withMembers('/hitl/v1/api/requests/x/feedback', hitl, {
    feedback: ofMembers(1_001),
  });
  for (const response of [session, tools, context, config, feedback]) {
    expect([response.status, response.text]).toEqual([400, expect.stringContaining('must have at most')]);
  }
});

test('a page has at most 2 MB, and the pages together have every row once', async () => {
  const owner = await makePerson(services);
  const { key } = await makeKey(services, 'openhuman', owner.id);
  // Characters that are six bytes each in JSON.
  const instructions = '\u0001'.repeat(32_000);
  const rows = Array.from({ length: 45 }, (_, index) => ({
    id: newId(),
    owner_id: owner.id,
    name: `Agent ${index}`,
    description: '',
    instructions,
    model: 'default',
    tools: '[]',
    metadata: JSON.stringify(ofBytes(16_000)),
    created_at: services.clock.now(),
    updated_at: services.clock.now(),
  }));
  await services.db('llm_agents').insert(rows);
  const seen: string[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null; page += 1) {
    expect(page).toBeLessThan(10);
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const response = await api.call(`/openhuman/v1/agents?limit=100${query}`, { bearer: key });
    expect(response.status).toBe(200);
    expect(Buffer.byteLength(response.text)).toBeLessThan(2_000_000);
    const body = response.body as { data: { name: string }[]; next_cursor: string | null; has_more: boolean };
    expect(body.data.length).toBeGreaterThan(0);
    expect(body.has_more).toBe(body.next_cursor !== null);
    seen.push(...body.data.map(({ name }) => name));
    cursor = body.next_cursor;
  }
  expect(seen).toHaveLength(45);
  expect(new Set(seen).size).toBe(45);
});

interface Kind {
  table: string;
  maximum: number;
  row: (ownerId: string, index: number) => Record<string, unknown>;
  create: (ownerId: string, api: typeof second) => Promise<number>;
}

const asKey = async (product: string, ownerId: string): Promise<CallOptions> => {
  const { key } = await makeKey(services, product, ownerId);
  return product === 'agenthuman' ? { headers: { 'x-api-key': key } } : { bearer: key };
};
const credentials = new Map<string, Promise<CallOptions>>();
async function post(product: string, path: string, ownerId: string, through: typeof second, body: object) {
  const known = credentials.get(ownerId) ?? asKey(product, ownerId);
  credentials.set(ownerId, known);
  return (await through.call(`/${product}${path}`, { ...(await known), body })).status;
}
const at = { created_at: services.clock.now(), updated_at: services.clock.now() };

const kinds: Record<string, Kind> = {
  'agents of OpenHuman': {
    table: 'llm_agents',
    maximum: 1_000,
    row: (owner_id) => ({
      id: newId(),
      owner_id,
      name: 'A',
      description: '',
      instructions: '',
      model: 'm',
      tools: '[]',
      metadata: '{}',
      ...at,
    }),
    create: (owner, through) => post('openhuman', '/v1/agents', owner, through, { name: 'A' }),
  },
  'agents of AgentHuman': {
    table: 'personas',
    maximum: 1_000,
    row: (owner_id, index) => ({
      id: newId(),
      owner_id,
      environment: index % 2 === 0 ? 'live' : 'test',
      name: 'A',
      language: 'en',
      custom_greeting: '',
      context: '',
      properties: '{}',
      status: 'active',
      ...at,
    }),
    create: (owner, through) => post('agenthuman', '/v1/agents', owner, through, { name: 'A' }),
  },
  'loops of HITL': {
    table: 'loops',
    maximum: 1_000,
    row: (creator_id, index) => ({
      id: newId(),
      product: 'hitl',
      environment: index % 2 === 0 ? 'live' : 'test',
      creator_id,
      name: 'A',
      description: '',
      invite_code: newId(),
      invite_expires_at: services.clock.now(),
      ...at,
    }),
    create: (owner, through) => post('hitl', '/v1/api/loops', owner, through, { name: 'A' }),
  },
  'webhook endpoints': {
    table: 'webhook_endpoints',
    maximum: 100,
    row: (account_id, index) => ({
      id: `we_${newId()}`,
      account_id,
      product: index % 2 === 0 ? 'hitl' : 'haas',
      environment: 'live',
      kind: 'endpoint',
      url: 'https://hooks.example/a',
      sealed_secret: 'x',
      created_at: services.clock.now(),
    }),
    create: (owner, through) =>
      post('haas', '/v1/webhooks', owner, through, { url: 'https://hooks.example/a' }),
  },
  apps: {
    table: 'oauth_clients',
    maximum: 1_000,
    row: (user_id) => ({
      id: `app_${newId()}`,
      product: 'haas',
      user_id,
      name: 'A',
      redirect_uris: ['https://app.example/callback'],
      public: true,
      grant_types: ['authorization_code'],
      created_at: services.clock.now(),
    }),
    create: (owner) =>
      createOAuthClient(
        services,
        { userId: owner, product: 'haas', name: 'A', redirectUris: ['https://app.example/callback'] },
        { kind: 'person', id: owner },
      ).then(
        () => 201,
        (error: { code?: string }) => (error.code === 'conflict' ? 409 : 500),
      ),
  },
  'API keys': {
    table: 'api_keys',
    maximum: 999,
    row: (user_id) => ({
      id: newId(),
      family_id: newId(),
      product: 'hitl',
      environment: 'live',
      user_id,
      name: 'A',
      prefix: 'x',
      last_four: 'abcd',
      hash: Buffer.from(newId()),
      created_at: services.clock.now(),
    }),
    create: (owner, through) => post('openhuman', '/v1/api-keys', owner, through, { name: 'A' }),
  },
};

test.each(Object.entries(kinds))(
  '%s: of fifty parallel attempts exactly those succeed for which there is room',
  async (_, kind) => {
    const owner = await makePerson(services);
    const room = 7;
    const planted = Array.from({ length: kind.maximum - room }, (_row, index) => kind.row(owner.id, index));
    await services.db.batchInsert(kind.table, planted, 200);
    const statuses = await Promise.all(
      Array.from({ length: 50 }, (_attempt, index) => kind.create(owner.id, index % 2 === 0 ? api : second)),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(room);
    expect(statuses.filter((status) => status === 409)).toHaveLength(50 - room);
  },
);
