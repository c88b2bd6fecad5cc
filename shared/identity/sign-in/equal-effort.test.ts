import { getProduct } from '../../products/index.js';
import { inTransaction } from '../../services.js';
import { createTestUser, newAddress, testPassword } from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { disableUser } from '../account-status.js';
import { sendSignInCode } from './code-sign-in.js';
import { performOrSimulate } from './equal-effort.js';
import { requestPasswordReset } from './password-reset.js';
import { signIn } from './sign-in.js';
import { resendVerification } from './sign-up.js';

const { services } = await createTestServices();
const origin = { address: '203.0.113.7' };

const statements: string[] = [];
services.db.on('query', ({ sql }: { sql: string }) => {
  // How a savepoint ends, and what it is called, is the only difference that there may be.
  statements.push(sql.replace(/trx\d+/g, 'trx').replace(/^(rollback to|release) (.*?);?$/i, 'end of $2'));
});

/** What the database is asked while `work` runs. */
async function listStatements(work: () => Promise<unknown>): Promise<string[]> {
  statements.length = 0;
  await work().catch(() => undefined);
  return [...statements];
}

async function createDisabled(): Promise<string> {
  const { id, email } = await createTestUser(services);
  await disableUser(services, id, { kind: 'operator', id: 'cli' });
  return email;
}

const known = (await createTestUser(services)).email;
const unverified = (await createTestUser(services, { verified: false })).email;
const disabled = await createDisabled();

test('a forgotten password asks the database for the same, whoever it is for', async () => {
  const ask = (email: string) => listStatements(() => requestPasswordReset(services, { email }, origin));
  const expected = await ask(known);
  expect(expected.join('\n')).toMatch(/email_links[\s\S]*mails[\s\S]*add_job[\s\S]*audit_events/);
  for (const email of [newAddress(), unverified, disabled]) expect(await ask(email)).toEqual(expected);
});

test('so does sending the verification again', async () => {
  const ask = (email: string) => listStatements(() => resendVerification(services, { email }, origin));
  const expected = await ask(unverified);
  expect(expected.join('\n')).toMatch(/email_links[\s\S]*mails[\s\S]*add_job[\s\S]*audit_events/);
  for (const email of [newAddress(), known, disabled]) expect(await ask(email)).toEqual(expected);
});

test('so does a code', async () => {
  const product = getProduct('agenthuman');
  const ask = (email: string) => listStatements(() => sendSignInCode(services, product, { email }, origin));
  const expected = await ask(known);
  expect(expected.join('\n')).toMatch(/email_codes[\s\S]*mails[\s\S]*add_job[\s\S]*audit_events/);
  for (const email of [newAddress(), unverified, disabled]) expect(await ask(email)).toEqual(expected);
});

test('so does a sign-in that fails', async () => {
  const ask = (email: string, password: string) =>
    listStatements(() => signIn(services, { email, password }, origin));
  const expected = await ask(known, 'wrong password');
  expect(await ask(newAddress(), 'wrong password')).toEqual(expected);
  expect(await ask(newAddress(), testPassword)).toEqual(expected);
  expect(await ask(disabled, testPassword)).toEqual(expected);
});

test('what is rehearsed leaves nothing behind, and what is done stays', async () => {
  const told: string[] = [];
  const insert = (keep: boolean, product: string) =>
    inTransaction(services, (tx) =>
      performOrSimulate(tx, keep, async (inner) => {
        inner.afterCommit(() => void told.push(product));
        await inner.db('account_plans').insert({ account_id: 'a', product, plan: 'free' });
      }),
    );
  await insert(true, 'done');
  await insert(false, 'rehearsed');
  expect(await services.db('account_plans').where({ account_id: 'a' }).pluck('product')).toEqual(['done']);
  expect(told).toEqual(['done']);
});

test('a failure inside is a failure outside', async () => {
  const failing = inTransaction(services, (tx) =>
    performOrSimulate(tx, false, (inner) => inner.db('account_plans').insert({ product: 'no account' })),
  );
  await expect(failing).rejects.toMatchObject({ code: '23502' });
});
