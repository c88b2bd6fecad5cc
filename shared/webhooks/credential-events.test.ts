import { disableApiKey, revokeApiKey } from '../identity/api-keys/api-key-changes.js';
import { createApiKey } from '../identity/api-keys/api-keys.js';
import { createGrant, endGrants } from '../identity/oauth/grants.js';
import { deleteOAuthClient } from '../identity/oauth/oauth-client-changes.js';
import { createOAuthClient } from '../identity/oauth/oauth-clients.js';
import { createUser } from '../identity/people/users.js';
import { getProduct } from '../products/index.js';
import { inTransaction } from '../services.js';
import { createTestServices } from '../testing/services.js';

const { services } = await createTestServices();
const developer = await createUser(services, { email: 'dev@example.com', name: 'Dev', verified: true });
const human = await createUser(services, { email: 'maria@example.com', name: 'Maria', human: true });
const actor = { kind: 'person' as const, id: developer.id };
for (const environment of ['test', 'live']) {
  await services.db('webhook_endpoints').insert({
    id: environment,
    account_id: developer.id,
    product: 'haas',
    environment,
    kind: 'endpoint',
    url: 'https://receiver.example/',
    sealed_secret: 'sealed',
  });
}

async function takeEvents() {
  const rows = await services
    .db('webhook_deliveries as d')
    .join('webhook_events as e', 'e.id', 'd.event_id')
    .orderBy('d.seq')
    .select('d.endpoint_id', 'e.type', 'e.body');
  await services.db('webhook_events').delete();
  return rows.map(({ endpoint_id, type, body }) => ({ to: endpoint_id, type, data: JSON.parse(body).data }));
}

test("what happens to a key is told to its owner's endpoints of its environment, without the key", async () => {
  const product = getProduct('haas');
  const { id, key } = await createApiKey(
    services,
    { product, owner: { userId: developer.id }, environment: 'test', name: 'CI' },
    actor,
  );
  await disableApiKey(services, { id }, actor);
  await revokeApiKey(services, { id }, actor);
  const events = await takeEvents();
  expect(events).toMatchObject([
    { to: 'test', type: 'key.created', data: { key_id: id, name: 'CI', status: 'active' } },
    { to: 'test', type: 'key.disabled', data: { key_id: id, status: 'disabled', changed_by: 'person' } },
    { to: 'test', type: 'key.revoked', data: { key_id: id, status: 'revoked' } },
  ]);
  expect(JSON.stringify(events)).not.toContain(key);
  expect(JSON.stringify(events)).not.toMatch(/hash/);
});

test('a change that is rolled back is not told', async () => {
  const failing = inTransaction(services, async (tx) => {
    const product = getProduct('haas');
    await createApiKey(tx, { product, owner: { userId: developer.id }, environment: 'live' }, actor);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow('rolled back');
  expect(await takeEvents()).toEqual([]);
});

test('the owner of an app hears of the app, and of the grants that people give it and take back', async () => {
  const { id: clientId, secret } = await createOAuthClient(
    services,
    { userId: developer.id, product: 'haas', name: 'App', redirectUris: ['https://app.example/cb'] },
    actor,
  );
  const grant = {
    id: 'grant-1',
    userId: human.id,
    clientId,
    product: 'haas',
    scopes: ['status:read'],
    requestedScopes: null,
    duration: '30d' as const,
  };
  await createGrant(services, grant);
  await endGrants(services, { id: grant.id }, { kind: 'person', id: human.id });
  await deleteOAuthClient(services, clientId, actor);
  const events = await takeEvents();
  expect(JSON.stringify(events)).not.toContain(`${secret}`);
  expect(events.filter(({ type }) => type !== 'client.secret_created')).toMatchObject([
    { to: 'live', type: 'client.created', data: { client_id: clientId } },
    {
      to: 'live',
      type: 'grant.created',
      data: {
        grant_id: 'grant-1',
        human_id: `usr_${human.id}`,
        client_id: clientId,
        scopes: ['status:read'],
      },
    },
    { to: 'live', type: 'grant.revoked', data: { grant_id: 'grant-1', human_id: `usr_${human.id}` } },
    { to: 'live', type: 'client.deleted', data: { client_id: clientId } },
  ]);
});
