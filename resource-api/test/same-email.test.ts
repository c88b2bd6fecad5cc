/** The same email is not the same person: what spans a person's and an agent's rows asks both for proof. */
import { exportAudit } from '../../shared/audit/audit-export.js';
import { eraseUser } from '../../shared/identity/erasure.js';
import { findAccountsByEmail } from '../../shared/identity/people/contacts.js';
import { requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { createOneTimeCode, redeemOneTimeCode } from '../../shared/identity/sign-in/one-time-codes.js';
import { listDevelopmentMails } from '../../shared/mail/development.js';
import { queueMail } from '../../shared/mail/mail.js';
import { createTestUser, getMailedToken, testPassword } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { registerTestAgent } from '../products/humanping/testing/tasks.js';
import { startApi } from '../testing/serve.js';
import { createEndpoint } from '../webhooks/endpoints.js';
import { listAllEndpoints } from '../webhooks/operation.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);

async function meet({ verified, claimed }: { verified: boolean; claimed: boolean }) {
  const agent = await registerTestAgent(api);
  await services
    .db('agents')
    .where({ id: agent.id })
    .update({ claimed_at: claimed ? new Date() : null });
  const person = await createTestUser(services, { email: agent.email, verified });
  const owner = { accountId: agent.id, product: 'humanping', environment: 'live' } as const;
  await createEndpoint(services, owner, { url: 'https://receiver.example/' });
  return { agent, person };
}

const both = { verified: true, claimed: true };

test.each([
  ['an unconfirmed person', { verified: false, claimed: true }],
  ['a person who did not claim the agent', { verified: true, claimed: false }],
  ['two who proved nothing', { verified: false, claimed: false }],
])(
  '%s has no part in the agent with that email: erasure, key lists, audit export, webhooks',
  async (_, proof) => {
    const { agent, person } = await meet(proof);
    const meant = proof.claimed ? [agent.id] : [person.id];
    expect(await findAccountsByEmail(services, agent.email)).toEqual(meant);
    expect(await findAccountsByEmail(services, agent.id)).toEqual([agent.id]);
    const endpoints = await listAllEndpoints(services, { email: agent.email });
    expect(endpoints.map(({ accountId }) => accountId)).toEqual(proof.claimed ? [agent.id] : []);
    const balance = async () => (await agent.call('/agents/me')).status;
    expect(await balance()).toBe(200);
    await eraseUser(services, person.id, { kind: 'person', id: person.id });
    expect(await balance()).toBe(200);
    const row = await services.db('agents').where({ id: agent.id }).first();
    expect(row).toMatchObject({ email: agent.email, status: 'active' });
  },
);

test('where both proved the mailbox, erasure takes the agent along and the email means both', async () => {
  const { agent, person } = await meet(both);
  const ids = await findAccountsByEmail(services, agent.email.toUpperCase());
  expect(ids).toEqual([person.id, agent.id]);
  const lines: string[] = [];
  for (const id of ids) for await (const line of exportAudit(services, id)) lines.push(line);
  expect(lines.filter((line) => line.includes('latchkey-audit-export'))).toHaveLength(2);
  await eraseUser(services, person.id, { kind: 'person', id: person.id });
  expect((await agent.call('/agents/me')).status).toBe(401);
});

test('erasing an account deletes no codes and mails of an email that it never proved', async () => {
  const victim = 'victim@example.com';
  const purpose = 'agenthuman';
  const code = await createOneTimeCode(services, { purpose, email: victim });
  await queueMail(services, { to: victim, subject: 'Yours', text: 'A mail of the victim' });
  const squatter = await createTestUser(services, { email: victim, verified: false });
  await eraseUser(services, squatter.id, { kind: 'person', id: squatter.id });
  const other = await createTestUser(services);
  const change = { userId: other.id, password: testPassword, newEmail: victim };
  await requestEmailChange(services, change, {});
  await getMailedToken(services, victim);
  await eraseUser(services, other.id, { kind: 'person', id: other.id });
  const subjects = (await listDevelopmentMails(services, { to: victim })).map(({ subject }) => subject);
  expect(subjects).toContain('Yours');
  expect(subjects).not.toContain('Confirm your new email address');
  expect(await redeemOneTimeCode(services, { purpose, email: victim, code })).toBeDefined();
});
