/** Makers of agents and workers for tests, and calls in their name. */
import { issueSessionJwt } from '../../../../shared/identity/sign-in/session-jwts.js';
import { humanping } from '../../../../shared/products/humanping.js';
import type { Services } from '../../../../shared/services.js';
import { createTestUser } from '../../../../shared/testing/people.js';
import type { Answer, CallOptions, TestApi } from '../../../testing/serve.js';
import { creditAgent } from '../domain/ledger.js';

let agents = 0;

export interface TestAgent {
  id: string;
  email: string;
  key: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
}

/** Registers an agent over HTTP. */
export async function registerTestAgent(api: TestApi): Promise<TestAgent> {
  agents += 1;
  const email = `agent${agents}@example.org`;
  const response = await api.call('/humanping/api/v1/agents/register', {
    body: { name: `Agent ${agents}`, email },
  });
  const { agent } = response.body as { agent: { id: string; api_key: string } };
  const call: TestAgent['call'] = (path, options) =>
    api.call(`/humanping/api/v1${path}`, { bearer: agent.api_key, ...options });
  return { id: agent.id, email, key: agent.api_key, call };
}

/** An agent that pays: without free tasks, with so many cents. */
export async function registerRichAgent(
  services: Services,
  api: TestApi,
  cents = 10_000,
): Promise<TestAgent> {
  const agent = await registerTestAgent(api);
  await services.db('agents').where({ id: agent.id }).update({ free_tasks_remaining: 0 });
  await creditAgent(services, { agentId: agent.id, cents }, { kind: 'operator', id: 'test' });
  return agent;
}

export async function balanceOf(agent: TestAgent): Promise<number> {
  const { body } = await agent.call('/agents/me');
  return (body as { agent: { balance_cents: number } }).agent.balance_cents;
}

export interface TestWorker {
  id: string;
  email: string;
  token: string;
  call(path: string, options?: CallOptions): Promise<Answer>;
}

/** A verified worker who has signed in. */
export async function createTestWorker(services: Services, api: TestApi): Promise<TestWorker> {
  const user = await createTestUser(services, { human: true });
  const { token } = await issueSessionJwt(services, humanping, { user, role: 'worker' });
  const call: TestWorker['call'] = (path, options) =>
    api.call(`/humanping/api/v1/worker${path}`, { bearer: token, ...options });
  return { id: user.id, email: user.email, token, call };
}

interface TaskBody {
  task: Record<string, unknown> & {
    id: string;
    status: string;
    proofs: Record<string, unknown>[];
    transactions: { type: string; amount_cents: number }[];
  };
}

/** The task in an answer. */
export const taskIn = (response: Answer): TaskBody['task'] => (response.body as TaskBody).task;

/** Makes a task; throws if it was refused. */
export async function createTask(agent: TestAgent, members: Record<string, unknown> = {}): Promise<string> {
  const response = await agent.call('/tasks', {
    body: { description: 'Is the café open?', budget_cents: 500, ...members },
  });
  if (response.status !== 201) throw new Error(`a task was refused: ${response.status} ${response.text}`);
  return taskIn(response).id;
}

/** Takes a task and hands in a text. */
export async function deliver(worker: TestWorker, taskId: string, content = 'yes'): Promise<Answer> {
  await worker.call(`/tasks/${taskId}/accept`, { method: 'POST' });
  return worker.call(`/tasks/${taskId}/proof`, { body: { type: 'text', content } });
}
