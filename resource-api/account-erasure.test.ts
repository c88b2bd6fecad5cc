import { verifyAudit } from '../shared/audit/audit-verify.js';
import { createApiKey, findApiKeyByValue } from '../shared/identity/api-keys/api-keys.js';
import { writeKeyCalls } from '../shared/identity/api-keys/key-calls.js';
import { countWhatEnds, eraseOwnAccount, eraseUser } from '../shared/identity/erasure.js';
import { findOAuthClient } from '../shared/identity/oauth/oauth-clients.js';
import { createAgent } from '../shared/identity/people/agents.js';
import { createUser, findUserByEmail, findUserById } from '../shared/identity/people/users.js';
import { sendSignInCode } from '../shared/identity/sign-in/code-sign-in.js';
import { requestEmailChange } from '../shared/identity/sign-in/email-change.js';
import { requestPasswordReset } from '../shared/identity/sign-in/password-reset.js';
import { signIn } from '../shared/identity/sign-in/sign-in.js';
import { signUp } from '../shared/identity/sign-in/sign-up.js';
import { getProduct } from '../shared/products/index.js';
import { runDueJobs } from '../shared/testing/jobs.js';
import { createTestUser, listAuditActions, testPassword } from '../shared/testing/people.js';
import { createTestServices } from '../shared/testing/services.js';
import { createSignIns, createTestClient } from '../shared/testing/sign-ins.js';
import { apiHandlers } from './job-handlers.js';
import { createEndpoint } from './webhooks/endpoints.js';

const { services, clock } = await createTestServices();
const operator = { kind: 'operator', id: 'cli' } as const;
const haas = getProduct('haas');
const origin = { address: '198.51.100.77', userAgent: 'Ottoline/1.0' };

/** Everything in the database, as text. */
async function dump(): Promise<string> {
  const { rows: tables } = await services.db.raw(
    "select schemaname, tablename from pg_tables where schemaname in ('public', 'graphile_worker')",
  );
  const texts = await Promise.all(
    tables.map(async ({ schemaname, tablename }: { schemaname: string; tablename: string }) => {
      const { rows } = await services.db.raw('select string_agg(t::text, chr(10)) as text from ??.?? as t', [
        schemaname,
        tablename,
      ]);
      return rows[0].text ?? '';
    }),
  );
  return texts.join('\n');
}

async function createBusyPerson() {
  const email = 'Ottoline.Ferris@Example.com';
  const user = await createUser(
    services,
    { email, name: 'Ottoline Ferris', password: testPassword, verified: true, human: true },
    undefined,
    origin,
  );
  await services
    .db('humans')
    .where({ id: user.id })
    .update({ bio: 'Ottoline mends clocks', skills: ['ottolinery'], profile: { home: 'Ottoline Lane' } });
  const actor = { kind: 'person', id: user.id } as const;
  const { id: keyId, key } = await createApiKey(
    services,
    { product: haas, owner: { userId: user.id }, environment: 'live', name: 'Ottoline laptop' },
    actor,
  );
  await writeKeyCalls(services, [
    {
      keyId,
      at: new Date(),
      method: 'GET',
      route: '/v1/tasks',
      status: 200,
      address: origin.address,
      requestId: 'req_1',
    },
  ]);
  const agent = await createAgent(services, {
    name: 'Ottoline bot',
    email,
    webhookUrl: 'https://ottoline.example/',
  });
  await services.db('agents').where({ email: user.email }).update({ claimed_at: new Date() });
  if (!agent) throw new Error('the address has an agent already');
  const agentKey = await createApiKey(
    services,
    { product: getProduct('humanping'), owner: { agentId: agent.id }, environment: 'live' },
    actor,
  );
  await createEndpoint(
    services,
    { accountId: user.id, product: 'haas', environment: 'live' },
    { url: 'https://ottoline.example/hook', description: 'Ottoline hook' },
  );
  await signIn(services, { email, password: testPassword }, origin);
  await signIn(services, { email, password: 'wrong password' }, origin).catch(() => undefined);
  await sendSignInCode(services, getProduct('agenthuman'), { email }, origin);
  await requestPasswordReset(services, { email }, origin);
  await requestEmailChange(
    services,
    { userId: user.id, password: testPassword, newEmail: 'ottoline@new.example' },
    origin,
  );
  await requestEmailChange(
    services,
    { userId: user.id, password: testPassword, newEmail: 'ottoline@newer.example' },
    origin,
  );
  return { user, email, key, agentKey: agentKey.key, agent };
}

test('nothing that names or locates an erased person is left anywhere in the database', async () => {
  const { user, email, key, agentKey, agent } = await createBusyPerson();
  const [other, developer] = [await createTestUser(services), await createTestUser(services)];
  const signIns = await createSignIns(services, user, developer.id);
  const ownApp = await createTestClient(services, user.id);
  expect(await dump()).toMatch(/ottoline/i);

  await eraseUser(services, user.id, operator);
  clock.advance(120_000);
  expect(await runDueJobs(services, apiHandlers)).toEqual({ failures: [] });

  const rest = await dump();
  const traces = [...rest.matchAll(/.{0,80}(ottolin|198\.51\.100\.77).{0,80}/gi)].map(([line]) => line);
  expect(traces).toEqual([]);

  expect(await signIns.held()).toEqual({ session: false, jwt: false, grant: false, accessToken: false });
  expect(await findApiKeyByValue(services, haas, key)).toMatchObject({ status: 'revoked' });
  expect(await findApiKeyByValue(services, getProduct('humanping'), agentKey)).toMatchObject({
    status: 'revoked',
  });
  expect(await findOAuthClient(services, ownApp)).toBeUndefined();
  expect(await findUserByEmail(services, email)).toBeUndefined();
  expect(await findUserById(services, user.id)).toMatchObject({ status: 'erased', passwordHash: null });
  expect(await services.db('agents').where({ id: agent.id }).first()).toMatchObject({ status: 'disabled' });
  expect(await findUserById(services, other.id)).toMatchObject({ name: 'Ada' });
});

test('what happened stays in the audit log, under an id that means nobody, and the chain holds', async () => {
  const user = await createTestUser(services);
  await signIn(services, { email: user.email, password: testPassword }, origin);
  await eraseUser(services, user.id, operator);
  expect(await listAuditActions(services, user.id)).toEqual(
    expect.arrayContaining(['user.created', 'user.signed_in', 'user.erased']),
  );
  const events = await services.db('audit_events').where({ account_id: user.id }).whereNotNull('personal');
  expect(events).toEqual([]);
  expect(
    await verifyAudit(services, { byChain: new Map(), count: 0, lastAt: undefined, badLines: [] }),
  ).toMatchObject({ problems: [] });
});

test('the address is free for someone new', async () => {
  const user = await createTestUser(services);
  await eraseUser(services, user.id, operator);
  await signUp(services, { email: user.email, name: 'Grace', password: testPassword }, origin);
  const next = await findUserByEmail(services, user.email);
  expect(next).toMatchObject({ name: 'Grace' });
  expect(next?.id).not.toBe(user.id);
});

test('erasing twice changes nothing, and nobody cannot be erased', async () => {
  const user = await createTestUser(services);
  await Promise.all([1, 2, 3].map(() => eraseUser(services, user.id, operator)));
  const actions = await listAuditActions(services, user.id);
  expect(actions.filter((action) => action === 'user.erased')).toHaveLength(1);
  await expect(eraseUser(services, 'nobody', operator)).rejects.toMatchObject({ code: 'not_found' });
});

test('a person erases their own account with their password only', async () => {
  const user = await createTestUser(services);
  await expect(
    eraseOwnAccount(services, { userId: user.id, password: 'wrong password' }),
  ).rejects.toMatchObject({ code: 'wrong_password' });
  expect(await findUserById(services, user.id)).toMatchObject({ status: 'active' });
  await eraseOwnAccount(services, { userId: user.id, password: testPassword });
  expect(await findUserById(services, user.id)).toMatchObject({ status: 'erased', name: 'Erased person' });
});

test('before that, one can see what ends', async () => {
  const [user, friend] = [await createTestUser(services), await createTestUser(services)];
  expect(await countWhatEnds(services, user.id)).toEqual({
    keys: 0,
    apps: 0,
    peopleConnected: 0,
    connections: 0,
    openTasks: 0,
  });
  const owner = { userId: user.id };
  await createApiKey(services, { product: haas, owner, environment: 'test' }, operator);
  await createSignIns(services, friend, user.id);
  await createSignIns(services, friend, user.id);
  await createSignIns(services, user, friend.id);
  expect(await countWhatEnds(services, user.id)).toEqual({
    keys: 1,
    apps: 2,
    peopleConnected: 1,
    connections: 1,
    openTasks: 0,
  });
});
