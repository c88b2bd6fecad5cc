import { enqueueJob } from '../../jobs/queue.js';
import { listDevelopmentMails } from '../../mail/development.js';
import { sharedHandlers } from '../../maintenance/shared-handlers.js';
import { getProduct } from '../../products/index.js';
import { runDueJobs } from '../../testing/jobs.js';
import { createTestServices } from '../../testing/services.js';
import { createAgent } from '../people/agents.js';
import { createUser } from '../people/users.js';
import { disableApiKey, revokeApiKey, updateApiKey } from './api-key-changes.js';
import { remindKeyOwners } from './api-key-reminders.js';
import { rollApiKey } from './api-key-rolling.js';
import { createApiKey, type NewApiKey } from './api-keys.js';

const { services, clock } = await createTestServices();
const operator = { kind: 'operator', id: 'test' } as const;
const dayMs = 86_400_000;
const inDays = (days: number) => new Date(clock.ms() + days * dayMs);

let people = 0;
async function createKey(overrides: Partial<NewApiKey> = {}) {
  people += 1;
  const email = `owner-${people}@example.com`;
  const { id: userId } = await createUser(services, { email, name: 'Owner' });
  const input: NewApiKey = {
    product: getProduct('haas'),
    owner: { userId },
    environment: 'live',
    ...overrides,
  };
  return { email, userId, ...(await createApiKey(services, input, operator)) };
}

/** Lets days pass, with the job running on each of them; returns the texts of the mails that came. */
async function mailsWithin(days: number, to: string): Promise<string[]> {
  const before = (await listDevelopmentMails(services, { to })).length;
  for (let day = 0; day < days; day += 1) {
    clock.advance(dayMs);
    await remindKeyOwners(services);
  }
  const mails = await listDevelopmentMails(services, { to });
  return mails
    .slice(0, mails.length - before)
    .map(({ text }) => text)
    .reverse();
}

test('the owner of a key hears of its age once, at 90 days', async () => {
  const { email } = await createKey({ name: 'Old one' });
  expect(await mailsWithin(89, email)).toEqual([]);
  const mails = await mailsWithin(60, email);
  expect(mails).toEqual([expect.stringContaining('“Old one” (haas_live_sk_…')]);
  expect(mails[0]).toContain('is 90 days old');
});

test('several old keys of one owner are one mail', async () => {
  const { email, userId } = await createKey({ name: 'First' });
  const input = {
    product: getProduct('openhuman'),
    owner: { userId },
    environment: 'live',
    name: 'Second',
  } as const;
  await createApiKey(services, input, operator);
  const [mail, ...more] = await mailsWithin(91, email);
  expect([mail?.includes('“First”'), mail?.includes('“Second”'), more.length]).toEqual([true, true, 0]);
});

test('an end is announced a week ahead, again when it was moved, and not on the first day of a short life', async () => {
  const { id, email } = await createKey({ expiresAt: inDays(30) });
  expect(await mailsWithin(22, email)).toEqual([]);
  expect(await mailsWithin(3, email)).toEqual([expect.stringContaining('expires on')]);
  await updateApiKey(services, { id }, { expiresAt: inDays(20) }, operator);
  expect(await mailsWithin(12, email)).toEqual([]);
  expect(await mailsWithin(5, email)).toHaveLength(1);
  const short = await createKey({ expiresAt: inDays(4) });
  expect(await mailsWithin(1, short.email)).toEqual([]);
  expect(await mailsWithin(2, short.email)).toHaveLength(1);
});

test('a rotation is asked for on its day, a week later and on the last day', async () => {
  const { email } = await createKey({ rotateEveryDays: 30 });
  expect(await mailsWithin(29, email)).toEqual([]);
  expect(await mailsWithin(1, email)).toEqual([expect.stringContaining('is to be rotated every 30 days')]);
  expect(await mailsWithin(6, email)).toEqual([]);
  expect(await mailsWithin(1, email)).toHaveLength(1);
  expect(await mailsWithin(6, email)).toHaveLength(1);
  expect(await mailsWithin(30, email)).toEqual([]);
});

test('whoever rotates in time hears of the successor only', async () => {
  const { id, email } = await createKey({ rotateEveryDays: 30 });
  await mailsWithin(30, email);
  await rollApiKey(services, { id }, {}, operator);
  expect(await mailsWithin(29, email)).toEqual([]);
  expect(await mailsWithin(1, email)).toHaveLength(1);
});

test('nobody is written to about a key that is out of use, or whose owner is', async () => {
  const [revoked, disabled, locked] = [await createKey(), await createKey(), await createKey()];
  await revokeApiKey(services, { id: revoked.id }, operator);
  await disableApiKey(services, { id: disabled.id }, operator);
  await services.db('users').where({ id: locked.userId }).update({ status: 'disabled' });
  clock.advance(100 * dayMs);
  await remindKeyOwners(services);
  for (const { email } of [revoked, disabled, locked]) {
    expect(await listDevelopmentMails(services, { to: email })).toEqual([]);
  }
});

test('an agent is written to as well, and by several processes at once only once', async () => {
  const agent = await createAgent(services, { name: 'Bot', email: 'bot@example.com' });
  const owner = { agentId: agent?.id ?? '' };
  await createApiKey(services, { product: getProduct('humanping'), owner, environment: 'live' }, operator);
  clock.advance(91 * dayMs);
  for (let i = 0; i < 3; i += 1) await enqueueJob(services, 'keys.remind', {});
  await runDueJobs(services, { 'keys.remind': sharedHandlers['keys.remind'] });
  expect(await listDevelopmentMails(services, { to: 'bot@example.com' })).toHaveLength(1);
});
