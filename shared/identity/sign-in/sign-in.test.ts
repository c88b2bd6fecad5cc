import { listDevelopmentMails } from '../../mail/development.js';
import { getProduct } from '../../products/index.js';
import {
  createTestUser,
  getNewestMail,
  listAuditActions,
  newAddress,
  testPassword,
} from '../../testing/people.js';
import { createTestServices } from '../../testing/services.js';
import { disableUser } from '../account-status.js';
import { findUserByEmail, getUserByEmail } from '../people/users.js';
import { sendSignInCode, signInWithCode } from './code-sign-in.js';
import { findSessionStatus, isSessionActive } from './session-status.js';
import { signIn } from './sign-in.js';

const { services, clock } = await createTestServices({ databasePoolSize: 40 });
const agenthuman = getProduct('agenthuman');
const hitl = getProduct('hitl');
const origin = { address: '203.0.113.7', userAgent: 'curl/8', requestId: 'req_1' };
const operator = { kind: 'operator', id: 'cli' } as const;
const password = testPassword;
const refused = expect.objectContaining({ code: 'wrong_password' });

const listFailures = async (accountId: string | null) =>
  services.db('audit_events').where({ account_id: accountId, action: 'user.sign_in_failed' });

async function askForCode(email: string, product = agenthuman): Promise<string> {
  await sendSignInCode(services, product, { email }, origin);
  const { code } = await getNewestMail(services, email);
  if (code === null) throw new Error('the mail has no code');
  return code;
}

describe('with a password', () => {
  test('the right one signs in, whatever the case of the address', async () => {
    const user = await createTestUser(services);
    const email = ` ${user.email.toUpperCase()} `;
    expect(await signIn(services, { email, password, at: 'humanping' }, origin)).toMatchObject({
      id: user.id,
      tokenVersion: 1,
    });
    const [event] = await services
      .db('audit_events')
      .where({ account_id: user.id, action: 'user.signed_in' });
    expect(event).toMatchObject({
      request_id: 'req_1',
      details: { method: 'password', at: 'humanping' },
    });
  });

  test('an unknown address, a wrong password, no password and a disabled person are one answer', async () => {
    const known = await createTestUser(services);
    const off = await createTestUser(services);
    await disableUser(services, off.id, operator);
    const codeOnly = newAddress();
    await signInWithCode(services, agenthuman, { email: codeOnly, code: await askForCode(codeOnly) }, origin);
    const attempts = [
      { email: newAddress(), password },
      { email: 'not an address\0', password },
      { email: '', password: '' },
      { email: known.email, password: 'wrong password' },
      { email: known.email, password: `${password}\0` },
      { email: codeOnly, password },
      { email: off.email, password },
    ];
    const errors = await Promise.all(
      attempts.map((attempt) => signIn(services, attempt, origin).catch(String)),
    );
    expect(new Set(errors)).toEqual(new Set(['DomainError: wrong_password']));
  });

  test('that an address is unconfirmed is told only to who knows the password', async () => {
    const { email } = await createTestUser(services, { verified: false });
    await expect(signIn(services, { email, password }, origin)).rejects.toMatchObject({
      code: 'email_not_verified',
    });
    await expect(signIn(services, { email, password: 'wrong password' }, origin)).rejects.toEqual(refused);
  });

  test('where an unconfirmed address does not matter, the password is enough', async () => {
    const { id, email } = await createTestUser(services, { verified: false });
    const attempt = { email, password, evenUnverified: true };
    await expect(signIn(services, attempt, origin)).resolves.toMatchObject({ id, emailVerifiedAt: null });
  });

  test('a failed sign-in stands in the log of the person it was tried on, with its reason', async () => {
    const user = await createTestUser(services);
    await expect(signIn(services, { email: user.email, password: 'wrong password' }, origin)).rejects.toEqual(
      refused,
    );
    expect(await listFailures(user.id)).toEqual([
      expect.objectContaining({ details: { method: 'password', reason: 'wrong_password' } }),
    ]);
  });

  test('an address that nobody has is not written down', async () => {
    const email = newAddress();
    await expect(signIn(services, { email, password }, origin)).rejects.toEqual(refused);
    const failures = await listFailures(null);
    expect(failures.length).toBeGreaterThan(0);
    expect(JSON.stringify(failures)).not.toContain(email);
  });
});

describe('with a code by mail', () => {
  test('a right code signs in once', async () => {
    const user = await createTestUser(services);
    const code = await askForCode(user.email);
    const attempt = { email: user.email, code };
    expect(await signInWithCode(services, agenthuman, attempt, origin)).toMatchObject({ id: user.id });
    const other = { ...origin, address: '203.0.113.8' };
    await expect(signInWithCode(services, agenthuman, attempt, other)).rejects.toEqual(refused);
    expect(await listAuditActions(services, user.id)).toEqual([
      'user.created',
      'user.code_requested',
      'user.signed_in',
      'user.sign_in_failed',
    ]);
  });

  test('the same code fifty times at once by one caller is one sign-in, and a moment later it is used', async () => {
    const user = await createTestUser(services);
    const attempt = { email: user.email, code: await askForCode(user.email) };
    const sign = () => signInWithCode(services, agenthuman, attempt, origin);
    const people = await Promise.all(Array.from({ length: 50 }, sign));
    expect(new Set(people.map(({ signInId }) => signInId)).size).toBe(1);
    const actions = await listAuditActions(services, user.id);
    expect(actions.filter((action) => action === 'user.signed_in')).toHaveLength(1);
    clock.advance(11_000);
    await expect(sign()).rejects.toEqual(refused);
  });

  test('requests of others use up neither the mails of who is known here nor void a code', async () => {
    const user = await createTestUser(services);
    const from = (address: string) => ({ ...origin, address });
    const { email } = user;
    const code = await askForCode(email);
    await signInWithCode(services, agenthuman, { email, code }, origin);
    for (let at = 0; at < 9; at += 1)
      await sendSignInCode(services, agenthuman, { email }, from(`192.0.2.${at}`));
    const rows = async () => services.db('email_codes').where({ email, used_at: null });
    expect(await rows()).toHaveLength(2);
    const mine = await askForCode(email);
    expect(await rows()).toHaveLength(3);
    expect(await signInWithCode(services, agenthuman, { email, code: mine }, origin)).toMatchObject({
      id: user.id,
    });
  });

  test('the code stands in the text of the mail and not in its subject', async () => {
    const { email } = await createTestUser(services);
    const code = await askForCode(email);
    const mail = await getNewestMail(services, email);
    expect(mail.subject).toBe('Your code for AgentHuman');
    expect(mail.text).toContain(`\n${code}\n`);
    expect(mail.text).toContain('from 203.0.113.7');
    expect(mail.links.filter((link) => link.includes('token'))).toEqual([]);
  });

  test('a new address becomes a person with a confirmed address', async () => {
    const email = newAddress();
    const code = await askForCode(email);
    expect(await findUserByEmail(services, email)).toBeUndefined();
    const user = await signInWithCode(services, agenthuman, { email, code }, origin);
    expect(user).toMatchObject({ email, name: email.split('@')[0], passwordHash: null });
    expect((await getUserByEmail(services, email)).emailVerifiedAt).not.toBeNull();
  });

  test('fifty right answers at once for a new address are one success and one person', async () => {
    const email = newAddress();
    const code = await askForCode(email);
    const responses = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) =>
        signInWithCode(services, agenthuman, { email, code }, { address: `192.0.2.${at}` }),
      ),
    );
    expect(responses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await services.db('users').where({ email })).toHaveLength(1);
  });

  test('fifty wrong answers at once use up the five tries', async () => {
    const email = newAddress();
    const code = await askForCode(email);
    const wrong = code === '000000' ? '000001' : '000000';
    const guess = () => signInWithCode(services, agenthuman, { email, code: wrong }, origin);
    await Promise.allSettled(Array.from({ length: 50 }, guess));
    await expect(signInWithCode(services, agenthuman, { email, code }, origin)).rejects.toEqual(refused);
    expect(await services.db('email_codes').where({ email }).first('tries')).toEqual({ tries: 5 });
    expect(await findUserByEmail(services, email)).toBeUndefined();
  });

  test('a code for one product is worth nothing at another', async () => {
    const email = newAddress();
    const code = await askForCode(email);
    await expect(signInWithCode(services, hitl, { email, code }, origin)).rejects.toEqual(refused);
    await expect(signInWithCode(services, agenthuman, { email, code }, origin)).resolves.toBeDefined();
  });

  test('after ten minutes a code is too old', async () => {
    const email = newAddress();
    const code = await askForCode(email);
    clock.advance(600_001);
    await expect(signInWithCode(services, agenthuman, { email, code }, origin)).rejects.toEqual(refused);
  });

  test('a disabled person gets no code and hears nothing of it', async () => {
    const user = await createTestUser(services);
    const code = await askForCode(user.email);
    await disableUser(services, user.id, operator);
    await expect(signInWithCode(services, agenthuman, { email: user.email, code }, origin)).rejects.toEqual(
      refused,
    );
    expect(await sendSignInCode(services, agenthuman, { email: user.email }, origin)).toBeUndefined();
    expect(await listDevelopmentMails(services, { to: user.email })).toHaveLength(1);
  });

  test('a password that was set before the address was ever confirmed does not outlive the proof', async () => {
    const user = await createTestUser(services, { verified: false, password: 'known to mallory' });
    const claims = { userId: user.id, jti: 'x', tokenVersion: user.tokenVersion };
    const code = await askForCode(user.email);
    const proven = await signInWithCode(services, agenthuman, { email: user.email, code }, origin);
    expect(proven).toMatchObject({ id: user.id, passwordHash: null, emailVerifiedAt: expect.any(Date) });
    expect(isSessionActive(claims, await findSessionStatus(services, claims))).toBe(false);
    const attempt = { email: user.email, password: 'known to mallory' };
    await expect(signIn(services, attempt, origin)).rejects.toEqual(refused);
  });
});
