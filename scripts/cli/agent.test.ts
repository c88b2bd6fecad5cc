import { startApi } from '../../resource-api/testing/serve.js';
import { registerAgent } from '../../shared/identity/agent-keys.js';
import { findAgentByEmail } from '../../shared/identity/people/agents.js';
import { getProduct } from '../../shared/products/index.js';
import { listAuditActions } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { runCli } from '../testing/cli.js';

const { services } = await createTestServices();
const api = await startApi(services);
const email = 'agent@example.com';
const registered = await registerAgent(services, getProduct('humanping'), { name: 'Bot', email });
const id = registered?.agent.id ?? '';

const run = (verb: string, ...args: string[]) =>
  runCli(services, ['agent', verb, '--email', email.toUpperCase(), ...args]);
const status = async () =>
  (await api.call('/humanping/api/v1/agents/me', { bearer: registered?.key })).status;

test('agent credit tops up the balance, in whole cents', async () => {
  expect((await run('credit', '--cents', '2500')).result).toEqual({ id, balance_cents: 2500 });
  expect((await run('credit', '--cents', '1')).result).toEqual({ id, balance_cents: 2501 });
  for (const cents of ['0', '-5', '1.5', 'much']) {
    expect((await run('credit', `--cents=${cents}`)).status).toBe(1);
  }
  expect((await run('credit')).errors).toContain('--cents is missing');
  expect(await findAgentByEmail(services, email)).toMatchObject({ balanceCents: 2501 });
});

test('agent disable and enable take effect at once and are audited', async () => {
  expect(await status()).toBe(200);
  expect((await run('disable')).result).toEqual({ id, status: 'disabled' });
  expect(await status()).toBe(401);
  expect((await run('enable')).result).toEqual({ id, status: 'active' });
  expect(await status()).toBe(200);
  expect(await listAuditActions(services, id)).toEqual([
    'agent.created',
    'key.created',
    'agent.credited',
    'agent.credited',
    'agent.disabled',
    'agent.enabled',
  ]);
});

test('an agent that nobody registered is named', async () => {
  const { status, errors } = await runCli(services, ['agent', 'disable', '--email', 'no@example.com']);
  expect([status, errors]).toEqual([1, expect.stringContaining('No agent has the address no@example.com')]);
});
