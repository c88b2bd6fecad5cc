import { createTestServices } from '../../testing/services.js';
import { createEmailLink, findEmailLink, redeemEmailLink, voidEmailLinks } from './email-links.js';

const { services, clock } = await createTestServices({ databasePoolSize: 40 });
const minuteMs = 60_000;
const purpose = 'reset_password';
const email = 'ada@example.com';

let count = 0;
const newAccount = () => `account${count++}`;
const create = (accountId: string) => createEmailLink(services, { purpose, accountId, email });

test('a link leads to its account once', async () => {
  const accountId = newAccount();
  const token = await create(accountId);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(await redeemEmailLink(services, purpose, token)).toEqual({ link: { accountId, email } });
  expect(await redeemEmailLink(services, purpose, token)).toEqual({ problem: 'used' });
});

test('looking at a link does not use it', async () => {
  const accountId = newAccount();
  const token = await create(accountId);
  expect(await findEmailLink(services, purpose, token)).toEqual({ link: { accountId, email } });
  expect(await redeemEmailLink(services, purpose, token)).toHaveProperty('link');
  expect(await findEmailLink(services, purpose, token)).toEqual({ problem: 'used' });
});

test('500 redemptions at once are exactly one success', async () => {
  const token = await create(newAccount());
  const responses = await Promise.all(
    Array.from({ length: 500 }, () => redeemEmailLink(services, purpose, token)),
  );
  expect(responses.filter((response) => 'link' in response)).toHaveLength(1);
  expect(responses.filter((response) => 'problem' in response && response.problem === 'used')).toHaveLength(
    499,
  );
});

test('a link is for one purpose only', async () => {
  const token = await create(newAccount());
  expect(await redeemEmailLink(services, 'verify_email', token)).toEqual({ problem: 'unknown' });
  expect(await redeemEmailLink(services, purpose, token)).toHaveProperty('link');
});

test('a new link voids the old one, and another account has its own', async () => {
  const accountId = newAccount();
  const [old, other] = [await create(accountId), await create(newAccount())];
  const fresh = await create(accountId);
  expect(await redeemEmailLink(services, purpose, old)).toEqual({ problem: 'unknown' });
  expect(await redeemEmailLink(services, purpose, fresh)).toHaveProperty('link');
  expect(await redeemEmailLink(services, purpose, other)).toHaveProperty('link');
});

test('of links made at the same moment only one works', async () => {
  const accountId = newAccount();
  const tokens = await Promise.all(Array.from({ length: 10 }, () => create(accountId)));
  const responses = await Promise.all(tokens.map((token) => redeemEmailLink(services, purpose, token)));
  expect(responses.filter((response) => 'link' in response)).toHaveLength(1);
});

test('a new password can be set for 30 minutes, an address confirmed for 24 hours', async () => {
  const accountId = newAccount();
  const reset = [await create(accountId), await create(newAccount())];
  const verify = await createEmailLink(services, { purpose: 'verify_email', accountId, email });
  clock.advance(29 * minuteMs);
  expect(await redeemEmailLink(services, purpose, reset[0] ?? '')).toHaveProperty('link');
  clock.advance(2 * minuteMs);
  expect(await redeemEmailLink(services, purpose, reset[1] ?? '')).toEqual({ problem: 'expired' });
  clock.advance((23 * 60 + 28) * minuteMs);
  expect(await findEmailLink(services, 'verify_email', verify)).toHaveProperty('link');
  clock.advance(2 * minuteMs);
  expect(await redeemEmailLink(services, 'verify_email', verify)).toEqual({ problem: 'expired' });
});

test('voiding takes every link of the account that was not used', async () => {
  const accountId = newAccount();
  const reset = await create(accountId);
  const verify = await createEmailLink(services, { purpose: 'verify_email', accountId, email });
  await redeemEmailLink(services, purpose, reset);
  await voidEmailLinks(services, accountId);
  expect(await redeemEmailLink(services, 'verify_email', verify)).toEqual({ problem: 'unknown' });
  expect(await redeemEmailLink(services, purpose, reset)).toEqual({ problem: 'used' });
});

test('the token is not in the table', async () => {
  const token = await create(newAccount());
  const { rows } = await services.db.raw('select email_links::text as row from email_links');
  expect(rows.length).toBeGreaterThan(0);
  const [hex, plain] = [Buffer.from(token).toString('hex'), Buffer.from(token, 'base64url').toString('hex')];
  for (const { row } of rows) for (const form of [token, hex, plain]) expect(row).not.toContain(form);
});

test('nonsense is an unknown link', async () => {
  for (const nonsense of ['', '\0', 'x'.repeat(10_000), "' or 1=1"]) {
    expect(await redeemEmailLink(services, purpose, nonsense)).toEqual({ problem: 'unknown' });
  }
});
