/** Each kind of request over MCP, in the words of its product's domain, and what happens when nobody can be asked. */

import { confirmConnectLink, getConnectLink } from '../../../../shared/identity/people/connect-links.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { listAuditActions, listSubjects, newAddress } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { apiHandlers } from '../../../job-handlers.js';
import { makeKey, makePerson, startApi } from '../../../testing/serve.js';
import { createTestWorker, deliver } from '../../humanping/testing/tasks.js';
import { makeAgent, toNoon, untilJobs } from '../testing/agents.js';
import { callTool, sendRpc } from '../testing/rpc.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1_000, simulationSpeed: 1_000 });
const api = await startApi(services);
/** The limits as they are in production. */
const strict = await createTestServices({ simulationSpeed: 1_000 });
const strictApi = await startApi(strict.services);
const live = `${api.url}/mcp`;
const simulated = `${api.url}/mcp/test`;
toNoon(clock);

async function makeCaller() {
  const person = await makePerson(services);
  const { token } = await makeAgent(services, person.id);
  return { ...person, token };
}

const refOf = (url: unknown): string => String(url).split('/connect/')[1] ?? '';

/** Confirms the page behind a link, as its person. */
async function confirm(accountId: string, url: unknown, email = newAddress()): Promise<string> {
  await confirmConnectLink(services, { ref: refOf(url), accountId, email });
  await runDueJobs(services, apiHandlers);
  return email;
}

describe('a question to a loop', () => {
  const question = { question: 'Is this invoice genuine?', answer_type: 'choice', options: ['yes', 'no'] };

  test('without a loop the person is led to a page, and then the question is asked and replied to', async () => {
    const { id, token } = await makeCaller();
    const refused = await callTool(simulated, token, 'ask_people', { ...question, loop_id: 'a'.repeat(24) });
    expect(refused).toMatchObject({ isError: true, data: { code: 'connect_required' } });
    expect(refused.texts.join()).toContain(`${services.config.issuer}/connect/`);
    await confirm(id, refused.data.url);
    expect(await listAuditActions(services, id)).toContain('mcp.connected');

    const { data } = await callTool(simulated, token, 'list_humans', { limit: 50 });
    const people = data.people as { id: string; type: string }[];
    const loop = people.find(({ type }) => type === 'loop');
    expect(people.some(({ id: human }) => human === 'usr_maria_42')).toBe(true);
    const asked = await callTool(simulated, token, 'ask_people', { ...question, loop_id: loop?.id });
    expect(asked.data).toMatchObject({ kind: 'question', status: 'waiting' });
    const read = async () =>
      (await callTool(simulated, token, 'get_request', { request_id: asked.data.request_id })).data;
    await untilJobs(services, clock, async () => (await read()).status === 'done');
    expect((await read()).answer).toBe('yes');
  });

  test('what the product refuses is an error of the tool in its words', async () => {
    const { id, token } = await makeCaller();
    const refused = await callTool(simulated, token, 'ask_people', { ...question, loop_id: 'a'.repeat(24) });
    await confirm(id, refused.data.url);
    const unknown = await callTool(simulated, token, 'ask_people', { ...question, loop_id: 'b'.repeat(24) });
    expect(unknown).toMatchObject({ isError: true, data: { code: 'not_found' } });
    const { data } = await callTool(simulated, token, 'list_humans', { limit: 50 });
    const loop = (data.people as { id: string; type: string }[]).find(({ type }) => type === 'loop');
    const bare = { question: 'Which?', answer_type: 'choice', loop_id: loop?.id };
    expect(await callTool(simulated, token, 'ask_people', bare)).toMatchObject({
      isError: true,
      data: { code: 'validation', field: 'response_config' },
    });
  });
});

describe('a task for a human', () => {
  const task = { title: 'Call the hotel', description: 'Ask whether breakfast is included.' };
  const opensPages = { capabilities: { elicitation: { url: {} } } };

  test('without anybody a client that opens pages gets one, and repeats the call with its state', async () => {
    const { id, token } = await makeCaller();
    const { result } = await callTool(live, token, 'dispatch_task', task, opensPages);
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { connect: { method: 'elicitation/create', params: { mode: 'url' } } },
    });
    const { requestState, inputRequests } = result as {
      requestState: string;
      inputRequests: { connect: { params: { url: string } } };
    };
    const invited = await confirm(id, inputRequests.connect.params.url);
    expect(await listSubjects(services, invited)).toEqual([
      expect.stringContaining('would like to send you tasks'),
    ]);
    const apps = await services.db('oauth_clients').where({ user_id: id, product: 'haas' });
    expect(apps).toHaveLength(1);
    const again = await callTool(live, token, 'dispatch_task', task, {
      ...opensPages,
      params: { requestState },
    });
    // Nobody has agreed yet: the person is told again, and not asked in a circle.
    expect(again).toMatchObject({ isError: true, data: { code: 'connect_required' } });
  });

  test('a state that is stale, foreign, for other arguments or changed is refused', async () => {
    const { id, token } = await makeCaller();
    const { result } = await callTool(live, token, 'dispatch_task', task, opensPages);
    const requestState = String(result.requestState);
    const send = (bearer: string, state: string, input: Record<string, unknown> = task) =>
      callTool(live, bearer, 'dispatch_task', input, { ...opensPages, params: { requestState: state } });
    const foreign = await makeAgent(services, id);
    expect((await send(foreign.token, requestState)).error?.code).toBe(-32_602);
    expect((await send((await makeCaller()).token, requestState)).error?.code).toBe(-32_602);
    expect((await send(token, requestState, { ...task, title: 'Another' })).error?.code).toBe(-32_602);
    expect((await send(token, `${requestState.slice(0, -2)}xx`)).error?.code).toBe(-32_602);
    expect((await send(token, requestState)).isError).toBe(true);
    clock.advance(601_000);
    expect((await send(token, requestState)).error?.code).toBe(-32_602);
  });

  test('five requests an hour reach one human', async () => {
    const person = await makePerson(strict.services);
    const { key } = await makeKey(strict.services, 'mcp', person.id, { environment: 'test' });
    const url = `${strictApi.url}/mcp/test`;
    const send = (number: number) =>
      callTool(url, key, 'dispatch_task', {
        ...task,
        title: `Task ${number}`,
        human_id: 'usr_maria_42',
        metadata: { simulate: 'complete' },
      });
    for (let number = 0; number < 5; number += 1) {
      const { data: made } = await send(number);
      // Open tasks have a limit of their own.
      const cancelled = await callTool(url, key, 'cancel_request', { request_id: made.request_id });
      expect(cancelled.data.status).toBe('cancelled');
    }
    const { isError, data } = await send(5);
    expect([isError, data.code]).toEqual([true, 'rate_limited']);
    expect(data.retry_after).toEqual(expect.any(Number));
  });
});

describe('a paid task', () => {
  const paid = { description: 'Is the café open?', budget_cents: 500 };

  test('is posted by the agent of the verified address, done by a worker, and settled', async () => {
    const { id, token } = await makeCaller();
    const refused = await callTool(live, token, 'post_paid_task', paid);
    expect(refused.data.code).toBe('connect_required');
    await confirm(id, refused.data.url);
    const { data } = await callTool(live, token, 'post_paid_task', paid);
    expect(data).toMatchObject({ kind: 'paid_task', status: 'waiting' });
    const { id: taskId } = await services.db('bounties').orderBy('seq', 'desc').first('id');
    const worker = await createTestWorker(services, api);
    await deliver(worker, taskId, 'Yes, until six.');
    const request = { request_id: data.request_id };
    expect((await callTool(live, token, 'get_request', request)).data).toMatchObject({
      status: 'needs_input',
      answer: 'Yes, until six.',
    });
    const settled = await callTool(live, token, 'settle_request', { ...request, decision: 'approve' });
    expect(settled.data.status).toBe('done');
    const twice = await callTool(live, token, 'settle_request', { ...request, decision: 'approve' });
    expect(twice).toMatchObject({ isError: true, data: { code: 'conflict' } });
    expect(await listAuditActions(services, id)).toEqual(
      expect.arrayContaining(['mcp.asked', 'mcp.settled']),
    );
  });

  test('cannot be cancelled, and says what ends it', async () => {
    const { id, token } = await makeCaller();
    const refused = await callTool(live, token, 'post_paid_task', paid);
    await confirm(id, refused.data.url);
    const { data } = await callTool(live, token, 'post_paid_task', paid);
    const { isError, data: problem } = await callTool(live, token, 'cancel_request', {
      request_id: data.request_id,
    });
    expect([isError, problem.code]).toEqual([true, 'conflict']);
  });
});

describe('a connect link', () => {
  test('opens for its person alone, works once, and lives half an hour', async () => {
    const { id, token } = await makeCaller();
    const makeLink = async () =>
      (await callTool(live, token, 'post_paid_task', { description: 'x', budget_cents: 1 })).data.url;
    const url = await makeLink();
    const other = await makePerson(services);
    await expect(getConnectLink(services, refOf(url), other.id)).rejects.toMatchObject({ code: 'not_found' });
    const attempts = await Promise.allSettled(
      Array.from({ length: 50 }, () =>
        confirmConnectLink(services, { ref: refOf(url), accountId: id, email: '' }),
      ),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = await makeLink();
    clock.advance(1_801_000);
    await expect(getConnectLink(services, refOf(late), id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('what is over is deleted by a job', async () => {
    const { token } = await makeCaller();
    await callTool(live, token, 'post_paid_task', { description: 'x', budget_cents: 1 });
    clock.advance(40 * 86_400_000);
    await services.db.raw("select graphile_worker.add_job('mcp.clean', '{}')");
    await runDueJobs(services, apiHandlers);
    expect(await services.db('connect_links')).toEqual([]);
  });
});

test('the current revision is found by server/discover', async () => {
  const { token } = await makeCaller();
  const { rpc } = await sendRpc(live, token, 'server/discover', { capabilities: {} });
  expect(rpc.result?.supportedVersions).toContain('2026-07-28');
});
