/** The migration to signing keys of more than one algorithm, with data planted before. */
import knex from 'knex';
import { migrateDown, migrateUp, migrationStatus } from '../../shared/postgres/migrate.js';
import { createTestDatabase } from '../../shared/testing/database.js';

const database = await createTestDatabase();
const db = knex({ client: 'pg', connection: database.url });

const name = '032-signing-key-algorithms';
const addKey = (kid: string, state: string, more = {}) =>
  db('signing_keys').insert({ kid, public_jwk: '{}', sealed_private_jwk: 'x', state, ...more });
const addClient = (id: string, metadata: unknown) =>
  db('oauth_clients').insert({
    id,
    name: id,
    redirect_uris: [],
    public: false,
    metadata: JSON.stringify(metadata),
  });
const undo = async () => {
  while ((await migrationStatus(database.url)).applied.includes(name)) await migrateDown(database.url);
};

beforeAll(async () => {
  await undo();
  await addKey('current', 'current');
  await addKey('next', 'next');
  await addClient('plain', {});
  await addClient('described', { client_uri: 'https://app.example' });
  await migrateUp(database.url);
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('keys and clients that exist keep ES256', async () => {
  expect(await db('signing_keys').orderBy('kid').select('kid', 'algorithm')).toEqual([
    { kid: 'current', algorithm: 'ES256' },
    { kid: 'next', algorithm: 'ES256' },
  ]);
  const rows = await db('oauth_clients').orderBy('id').select('metadata');
  expect(rows.map(({ metadata }) => metadata)).toEqual([
    { client_uri: 'https://app.example', id_token_signed_response_alg: 'ES256' },
    { id_token_signed_response_alg: 'ES256' },
  ]);
});

test('one key of each algorithm is current, and the previous version still inserts its own', async () => {
  await addKey('rsa', 'current', { algorithm: 'RS256' });
  await expect(addKey('second', 'current')).rejects.toThrow('signing_keys_one_per_state');
  await addKey('previous', 'previous');
});

test('the way back keeps the ES256 keys', async () => {
  await undo();
  expect((await db('signing_keys').orderBy('kid').select('kid')).map(({ kid }) => kid)).toEqual([
    'current',
    'next',
    'previous',
  ]);
  expect(await db('oauth_clients').where({ id: 'plain' }).first()).toMatchObject({ metadata: {} });
  await migrateUp(database.url);
});
