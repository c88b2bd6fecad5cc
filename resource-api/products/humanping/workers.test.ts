/** Workers: how they come in, who they are, and what stays when they or their agents are erased. */
import { eraseUser } from '../../../shared/identity/erasure.js';
import { listDevelopmentMails } from '../../../shared/mail/development.js';
import { runDueJobs } from '../../../shared/testing/jobs.js';
import {
  createTestUser,
  getMailedToken,
  listAuditActions,
  testPassword,
} from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { apiHandlers } from '../../job-handlers.js';
import { startApi } from '../../testing/serve.js';
import { creditAgent } from './domain/ledger.js';
import { createTask, createTestWorker, deliver, registerTestAgent, taskIn } from './testing/tasks.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const operator = { kind: 'operator', id: 'test' } as const;
const base = '/humanping/api/v1/worker';
const post = { method: 'POST' };

test.each([
  ['name', { name: '' }],
  ['email', { email: 'nonsense' }],
  ['password', { password: 'short' }],
  ['password', { password: undefined }],
  ['role', { role: 'admin' }],
])('a registration with a bad %s is refused by that name', async (field, members) => {
  const body = { name: 'Alex', email: 'bad@example.com', password: 'securepass', ...members };
  const response = await api.call(`${base}/register`, { body });
  expect([response.status, response.body]).toEqual([400, { error: expect.stringContaining(field), field }]);
});

test('50 parallel registrations of one address make one worker', async () => {
  const body = { name: 'Alex', email: 'race@example.com', password: 'securepass' };
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => api.call(`${base}/register`, { body })),
  );
  const statuses = responses.map(({ status }) => status).sort();
  expect(statuses).toEqual([201, ...Array(49).fill(409)]);
});

test('resend answers the same for any address, and the newer link takes the place of the older', async () => {
  const email = 'resend@example.com';
  await api.call(`${base}/register`, { body: { name: 'Alex', email, password: 'securepass' } });
  const older = await getMailedToken(services, email);
  const sent = await api.call(`${base}/verify/resend`, { body: { email } });
  const unknown = await api.call(`${base}/verify/resend`, { body: { email: 'nobody@example.com' } });
  expect([unknown.status, unknown.body]).toEqual([sent.status, sent.body]);
  expect(await listDevelopmentMails(services, { to: 'nobody@example.com' })).toEqual([]);
  expect((await api.call(`${base}/verify?token=${older}`, post)).status).toBe(404);
  const newer = await getMailedToken(services, email);
  expect((await api.call(`${base}/verify?token=${newer}`, post)).status).toBe(200);
  expect((await api.call(`${base}/login`, { body: { email, password: 'securepass' } })).status).toBe(200);
  await api.call(`${base}/verify/resend`, { body: { email } });
  expect(await listDevelopmentMails(services, { to: email })).toHaveLength(2);
});

test('a verification link ends after 24 hours', async () => {
  const email = 'slow@example.com';
  await api.call(`${base}/register`, { body: { name: 'Alex', email, password: 'securepass' } });
  const token = await getMailedToken(services, email);
  clock.advance(24 * 3_600_000 + 1000);
  expect((await api.call(`${base}/verify?token=${token}`)).status).toBe(410);
  expect((await api.call(`${base}/verify?token=${token}`, post)).status).toBe(410);
});

test('a mail scanner that opens the verification link activates nobody, and the person after it gets through', async () => {
  const email = 'scanned@example.com';
  await api.call(`${base}/register`, { body: { name: 'Alex', email, password: 'securepass' } });
  const link = `${base}/verify?token=${await getMailedToken(services, email)}`;
  const login = () => api.call(`${base}/login`, { body: { email, password: 'securepass' } });
  for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
    expect((await api.call(link, { method })).status).toBe(200);
  }
  expect((await login()).status).toBe(403);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  expect((await api.call(link, { method: 'POST', body: '', headers: form })).status).toBe(200);
  expect((await login()).status).toBe(200);
});

test('50 uses of one verification link by one caller at the same time read success and confirm once', async () => {
  const email = 'eager@example.com';
  await api.call(`${base}/register`, { body: { name: 'Alex', email, password: 'securepass' } });
  const link = `${base}/verify?token=${await getMailedToken(services, email)}`;
  const responses = await Promise.all(Array.from({ length: 50 }, () => api.call(link, post)));
  // The same caller within a moment reads success again; the effect happens once.
  expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
  const { id } = await services.db('users').where({ email }).first('id');
  const actions = await listAuditActions(services, id);
  expect(actions.filter((action) => action === 'user.email_verified')).toHaveLength(1);
});

test('someone who does not take tasks cannot sign in as a worker', async () => {
  const { email } = await createTestUser(services);
  const response = await api.call(`${base}/login`, { body: { email, password: testPassword } });
  expect([response.status, response.body]).toEqual([403, { error: 'This account does not take tasks' }]);
});

test('a worker reads and changes who they are', async () => {
  const worker = await createTestWorker(services, api);
  const changes = { name: 'Alexandra', bio: 'Walks a lot', skills: ['photos'], time_zone: 'Europe/Lisbon' };
  const changed = await worker.call('/me', { method: 'PATCH', body: { ...changes, available: false } });
  expect(changed.body).toEqual({
    worker: {
      id: `worker_${worker.id}`,
      email: worker.email,
      email_verified: true,
      ...changes,
      available: false,
      trust_score: 1,
      tasks_completed: 0,
      tasks_disputed: 0,
      earned_cents: 0,
      created_at: expect.any(String),
    },
  });
  expect((await worker.call('/me')).body).toEqual(changed.body);
  for (const body of [{ email: 'other@example.com' }, { time_zone: 'Mars' }, { name: '' }]) {
    expect((await worker.call('/me', { method: 'PATCH', body })).status).toBe(400);
  }
});

test('of an erased worker no proof stays, and the place they held is free again', async () => {
  const agent = await registerTestAgent(api);
  const worker = await createTestWorker(services, api);
  const done = await createTask(agent);
  const begun = await createTask(agent);
  await deliver(worker, done, 'My own words');
  await agent.call(`/tasks/${done}/approve`, post);
  await worker.call(`/tasks/${begun}/accept`, post);
  await eraseUser(services, worker.id, operator);
  expect((await worker.call('/me')).status).toBe(401);
  clock.advance(120_000);
  await runDueJobs(services, apiHandlers);
  expect((await agent.call(`/tasks/${done}/proof`)).body).toEqual({
    task_id: done,
    proofs: [],
    has_more: false,
  });
  expect(taskIn(await agent.call(`/tasks/${begun}`)).status).toBe('pending');
  const other = await createTestWorker(services, api);
  expect((await deliver(other, begun)).status).toBe(201);
});

test('of an erased agent no words stay; who delivered is paid, and nothing else is', async () => {
  const agent = await registerTestAgent(api);
  await creditAgent(services, { agentId: agent.id, cents: 1_000 }, operator);
  const worker = await createTestWorker(services, api);
  const delivered = await createTask(agent, { context: { where: 'Elm Street' } });
  const open = await createTask(agent);
  await deliver(worker, delivered, 'Door is green');
  const person = await createTestUser(services, { email: agent.email });
  await services.db('agents').where({ id: agent.id }).update({ claimed_at: clock.now() });
  await eraseUser(services, person.id, operator);
  clock.advance(120_000);
  await runDueJobs(services, apiHandlers);
  const { rows } = await services.db.raw(
    `select string_agg(tasks::text || coalesce(work::text, ''), ' ') as text
     from bounties as tasks left join bounty_assignments as work on work.bounty_id = tasks.id
     where agent_id = ?`,
    [agent.id],
  );
  expect(rows[0].text).not.toMatch(/Elm Street|café|Door is green/);
  const left = await services.db('bounties').whereIn('id', [delivered, open]).orderBy('seq').pluck('status');
  expect(left).toEqual(['completed', 'expired']);
  expect((await worker.call('/earnings')).body).toMatchObject({ earned_cents: 410 });
});
