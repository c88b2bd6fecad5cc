import knex from 'knex';
import { createTestDatabase } from '../testing/database.js';
import { migrateDown, migrateUp, migrationStatus } from './migrate.js';

const database = await createTestDatabase();
const db = knex({ client: 'pg', connection: database.url });

const confirmed = new Date('2026-03-01');

async function addUser(id: string, email: string, values: Record<string, unknown> = {}): Promise<void> {
  await db('users').insert({ id, email, name: id, created_at: new Date('2026-01-01'), ...values });
}

async function emailsOf(table: string): Promise<Record<string, string>> {
  const rows = await db(table).select('id', 'email');
  return Object.fromEntries(rows.map(({ id, email }) => [id, email]));
}

beforeAll(async () => {
  while ((await migrationStatus(database.url)).applied.includes('029-canonical-emails')) {
    await migrateDown(database.url);
  }
  await addUser('plain', 'plain@example.com');
  await addUser('capital', 'Capital@Example.com');
  await addUser('dotted', '\u0130rem@example.com');
  await addUser('composed', 'éva@example.com');
  await addUser('decomposed', 'e\u0301va@example.com', { email_verified_at: confirmed });
  await addUser('wide', 'ｂｏｂ@example.com');
  await addUser('wider', 'Ｂob@example.com', { created_at: new Date('2026-02-01') });
  await addUser('narrow', 'bob@example.com', { created_at: new Date('2026-03-01') });
  await db('agents').insert({ id: 'agent_Aa', name: 'A', email: 'agent@xn--bcher-kva.example' });
  await db('loops').insert({
    id: 'loop',
    product: 'hitl',
    environment: 'live',
    creator_id: 'plain',
    name: 'L',
    description: '',
    invite_code: 'code',
    invite_expires_at: new Date(),
    created_at: new Date(),
    updated_at: new Date(),
  });
  for (const [id, email, month] of [
    ['old', 'e\u0301va@example.com', '01'],
    ['new', 'ÉVA@example.com', '02'],
  ]) {
    const at = new Date(`2026-${month}-01`);
    await db('loop_invitations').insert({
      id,
      loop_id: 'loop',
      email,
      code: id,
      created_at: at,
      expires_at: at,
    });
  }
  await db('mails').insert({ id: 'mail', recipient: 'Capital@Example.com' });
  await migrateUp(database.url);
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('existing emails are rewritten to their canonical form, and other rows stay as they are', async () => {
  expect(await emailsOf('users')).toMatchObject({
    plain: 'plain@example.com',
    capital: 'capital@example.com',
    dotted: 'i\u0307rem@example.com',
  });
  expect(await emailsOf('agents')).toEqual({ agent_Aa: 'agent@bücher.example' });
  expect(await db('mails').pluck('recipient')).toEqual(['capital@example.com']);
});

test('of accounts with one email the confirmed or else the oldest keeps it, and the others are reported', async () => {
  expect(await emailsOf('users')).toMatchObject({
    decomposed: 'éva@example.com',
    composed: 'composed@collision.invalid',
    wide: 'bob@example.com',
    wider: 'wider@collision.invalid',
    narrow: 'narrow@collision.invalid',
  });
  const reported = await db('email_collisions')
    .orderBy('account_id')
    .select('account_id', 'email', 'kept_by');
  expect(reported).toEqual([
    { account_id: 'composed', email: 'éva@example.com', kept_by: 'decomposed' },
    { account_id: 'narrow', email: 'bob@example.com', kept_by: 'wide' },
    { account_id: 'wider', email: 'Ｂob@example.com', kept_by: 'wide' },
  ]);
});

test('of two invitations to one email the newer remains', async () => {
  expect(await emailsOf('loop_invitations')).toEqual({ new: 'éva@example.com' });
});

test('an email that the previous version writes with capitals is stored in lower case', async () => {
  await addUser('late', 'Late@Example.com');
  expect(await emailsOf('users')).toMatchObject({ late: 'late@example.com' });
});

test('an email in its canonical form is unique', async () => {
  await expect(addUser('second', 'plain@example.com')).rejects.toThrow(/duplicate key/);
});
