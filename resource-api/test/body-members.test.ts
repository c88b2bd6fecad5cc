/** Bodies as real clients write them: null for what is not set, numbers that a JavaScript number cannot hold. */
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const api = await startApi(services);
const person = await makePerson(services, { human: true });
const haas = (await makeKey(services, 'haas', person.id, { environment: 'test' })).key;
const openhuman = (await makeKey(services, 'openhuman', person.id)).key;
const hitl = (await makeKey(services, 'hitl', person.id)).key;
const agenthuman = { 'x-api-key': (await makeKey(services, 'agenthuman', person.id)).key };

const task = { title: 'Look', description: 'Look out of the window', type: 'verification' };

test('null in an optional member of a POST is as if it were left out', async () => {
  const given = {
    ...task,
    human_id: null,
    priority: null,
    skills: null,
    compensation: { amount: 5, currency: null, bonus_eligible: null },
    attachments: [{ url: 'https://files.example/a', name: null }],
    metadata: null,
  };
  const created = await api.call('/haas/v1/tasks', { bearer: haas, body: given });
  expect([created.status, created.text]).toEqual([201, expect.stringContaining('"priority":"normal"')]);
  const batch = await api.call('/haas/v1/tasks/batch', { bearer: haas, body: { tasks: [given] } });
  expect(batch.text).not.toContain('must be');
  const agent = await api.call('/openhuman/v1/agents', {
    bearer: openhuman,
    body: { name: 'A', description: null, model: null, tools: null, metadata: null },
  });
  expect([agent.status, agent.body]).toMatchObject([201, { description: '', model: 'default', tools: [] }]);
  const endpoint = await api.call('/agenthuman/v1/webhooks', {
    headers: agenthuman,
    body: { url: 'https://hooks.example/a', events: null, description: null, secret: null },
  });
  expect(endpoint.status).toBe(201);
});

test('null in a required member is 400 and names the member, and so is null in one that is not known', async () => {
  const required = await api.call('/haas/v1/tasks', { bearer: haas, body: { ...task, title: null } });
  expect([required.status, required.text]).toEqual([400, expect.stringContaining('title is required')]);
  const loop = await api.call('/hitl/v1/api/loops', { bearer: hitl, body: { name: null } });
  expect([loop.status, loop.body]).toMatchObject([400, { data: { field: 'name' } }]);
  const unknown = await api.call('/hitl/v1/api/loops', { bearer: hitl, body: { name: 'A', colour: null } });
  expect(unknown.status).toBe(400);
});

test('members that the caller defines keep their nulls', async () => {
  const metadata = { a: null, b: [null, { c: null }] };
  const created = await api.call('/openhuman/v1/agents', {
    bearer: openhuman,
    body: { name: 'A', metadata },
  });
  expect(created.body).toMatchObject({ metadata });
});

test('null in a PATCH clears what can be empty and is 400 for what cannot', async () => {
  const members = {
    name: 'A',
    description: 'd',
    instructions: 'i',
    model: 'm',
    tools: ['t'],
    metadata: { a: 1 },
  };
  const { body } = await api.call('/openhuman/v1/agents', { bearer: openhuman, body: members });
  const path = `/openhuman/v1/agents/${(body as { id: string }).id}`;
  const clear = { description: null, instructions: null, model: null, tools: null, metadata: null };
  const cleared = await api.call(path, { method: 'PATCH', bearer: openhuman, body: clear });
  expect([cleared.status, cleared.body]).toMatchObject([
    200,
    { name: 'A', description: '', instructions: '', model: 'default', tools: [], metadata: {} },
  ]);
  expect((await api.call(path, { method: 'PATCH', bearer: openhuman, body: { name: null } })).status).toBe(
    400,
  );

  const { token } = await issueSessionJwt(services, getProduct('haas'), { user: person, role: 'worker' });
  const profile = { bio: 'b', skills: ['s'], quiet_hours: { from: '22:00', to: '07:00' } };
  const me = (changes: object) => api.call('/haas/v1/me', { method: 'PATCH', bearer: token, body: changes });
  expect((await me(profile)).body).toMatchObject(profile);
  expect((await me({ bio: null, skills: null, quiet_hours: null })).body).toMatchObject({
    bio: '',
    skills: [],
    quiet_hours: null,
  });
  expect((await me({ display_name: null })).status).toBe(400);
});

test('an empty PATCH of a webhook endpoint or a catalogue entry changes nothing and succeeds', async () => {
  const { token } = await issueSessionJwt(services, getProduct('agenthuman'), { user: person, role: 'user' });
  for (const kind of ['avatar', 'voice', 'role']) {
    const made = await api.call(`/agenthuman/v1/${kind}s`, { bearer: token, body: { name: 'Mine' } });
    const entry = (made.body as Record<string, Record<string, string>>)[kind];
    const path = `/agenthuman/v1/${kind}s/${entry?.[`${kind}_id`]}`;
    const same = await api.call(path, { method: 'PATCH', bearer: token, body: {} });
    expect([same.status, same.body]).toMatchObject([200, { [kind]: entry }]);
    const unknown = await api.call(`/agenthuman/v1/${kind}s/x`, { method: 'PATCH', bearer: token, body: {} });
    expect(unknown.status).toBe(404);
  }
  const made = await api.call('/haas/v1/webhooks', {
    bearer: haas,
    body: { url: 'https://hooks.example/a' },
  });
  const { secret: _, ...webhook } = (made.body as { webhook: { id: string; secret: string } }).webhook;
  const same = await api.call(`/haas/v1/webhooks/${webhook.id}`, { method: 'PATCH', bearer: haas, body: {} });
  expect([same.status, same.body]).toEqual([200, { webhook }]);
});

test('a number that would be changed is refused by the name of its member, wherever it stands', async () => {
  const send = (members: string) =>
    api.call('/openhuman/v1/agents', {
      bearer: openhuman,
      body: `{"name":"A",${members}}`,
      headers: { 'Content-Type': 'application/json' },
    });
  for (const [members, field] of [
    ['"metadata":{"id":1546130668394913822}', 'metadata.id'],
    ['"metadata":{"ids":["9007199254740993",{"x":-9007199254740993}]}', 'metadata.ids.1.x'],
    ['"tools":[{"limit":1e999}]', 'tools.0.limit'],
    ['"description":9007199254740992', 'description'],
  ] as const) {
    const response = await send(members);
    expect([response.status, response.text]).toEqual([
      400,
      expect.stringContaining(`${field} must be a number between`),
    ]);
  }
  const exact =
    '"metadata":{"most":9007199254740991,"least":-9007199254740991,"text":"1546130668394913822 \\" 1e999","small":1.5e3}';
  const kept = await send(exact);
  expect([kept.status, kept.body]).toMatchObject([
    201,
    {
      metadata: {
        most: Number.MAX_SAFE_INTEGER,
        least: Number.MIN_SAFE_INTEGER,
        text: '1546130668394913822 " 1e999',
        small: 1500,
      },
    },
  ]);
});
