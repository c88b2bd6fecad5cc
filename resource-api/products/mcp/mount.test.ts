/** The MCP endpoint over HTTP: who may call it, what it refuses, and what both generations of the protocol get. */
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../testing/serve.js';
import { makeAccessToken } from '../../testing/tokens.js';
import { callTool, sendRpc, tasksExtension } from './testing/rpc.js';

const { services } = await createTestServices({ mcpAllowedOrigins: ['https://agent.example'] });
const api = await startApi(services);
const live = `${api.url}/mcp`;
const test_ = `${api.url}/mcp/test`;
const person = await makePerson(services);
const scopes = ['humans:read', 'humans:ask'];

/** A token of a client that belongs to somebody else, as most clients do. */
async function makeToken(granted: string[] = scopes): Promise<string> {
  const owner = await makePerson(services);
  const { token } = await makeAccessToken(services, {
    productId: 'mcp',
    ownerId: owner.id,
    personId: person.id,
    scopes: granted,
  });
  return token;
}

const makeMcpKey = async (environment: 'test' | 'live', permissions?: string[]) =>
  (await makeKey(services, 'mcp', person.id, { environment, permissions })).key;

describe('who may call', () => {
  test('a call without a credential is told the resource and the two usual scopes', async () => {
    const { status, headers, rpc } = await sendRpc(live, undefined, 'tools/list');
    expect(status).toBe(401);
    const challenge = headers.get('www-authenticate');
    expect(challenge).toContain('scope="humans:read humans:ask"');
    expect(challenge).toContain(
      `resource_metadata="${services.config.apiUrl}/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(rpc.error?.code).toBe(-32_000);
  });

  test.each(['/mcp', '/mcp/test'])('the metadata of %s names one resource and two scopes', async (path) => {
    const { body } = await api.call(`/.well-known/oauth-protected-resource${path}`);
    expect(body).toMatchObject({
      resource: `${services.config.apiUrl}/mcp`,
      authorization_servers: [services.config.issuer],
      scopes_supported: ['humans:read', 'humans:ask'],
    });
  });

  test('every path below a resource has the metadata of that resource', async () => {
    const { status, body } = await api.call('/.well-known/oauth-protected-resource/openhuman/v1');
    expect(status).toBe(200);
    expect(body).toMatchObject({ resource: `${services.config.apiUrl}/openhuman` });
  });

  test('a token is good at both endpoints', async () => {
    const token = await makeToken();
    for (const url of [live, test_]) {
      expect((await sendRpc(url, token, 'tools/list')).status).toBe(200);
    }
  });

  test('a key is good in its own environment only', async () => {
    const [testKey, liveKey] = [await makeMcpKey('test'), await makeMcpKey('live')];
    expect((await sendRpc(test_, testKey, 'tools/list')).status).toBe(200);
    expect((await sendRpc(live, liveKey, 'tools/list')).status).toBe(200);
    expect((await sendRpc(live, testKey, 'tools/list')).status).toBe(401);
    expect((await sendRpc(test_, liveKey, 'tools/list')).status).toBe(401);
  });

  test('a tool that pays is refused before it runs, with the granted scopes and the missing one', async () => {
    const token = await makeToken();
    const { status, headers } = await callTool(live, token, 'post_paid_task', {
      description: 'Take a photo',
      budget_cents: 100,
    });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(headers.get('www-authenticate')).toContain('scope="humans:read humans:ask humans:pay"');
  });

  test('a key that is narrowed is refused what it lacks', async () => {
    const key = await makeMcpKey('test', ['humans:read']);
    expect((await callTool(test_, key, 'list_humans')).status).toBe(200);
    expect((await callTool(test_, key, 'cancel_request', { request_id: 'x' })).status).toBe(403);
  });

  test.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['https://agent.example', 200],
  ])('a browser with the origin %s gets %i', async (origin, expected) => {
    const key = await makeMcpKey('test');
    const { status } = await sendRpc(test_, key, 'tools/list', { headers: { Origin: origin } });
    expect(status).toBe(expected);
  });
});

describe('the protocol', () => {
  test('both generations list the same tools, with schemas for input and output', async () => {
    const key = await makeMcpKey('live');
    const former = await sendRpc(live, key, 'tools/list');
    const current = await sendRpc(live, key, 'tools/list', { capabilities: {} });
    const tools = former.rpc.result?.tools as { name: string; inputSchema: object; outputSchema: object }[];
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'answer_clarification',
      'ask_people',
      'cancel_request',
      'dispatch_task',
      'get_request',
      'list_humans',
      'post_paid_task',
      'settle_request',
    ]);
    expect(current.rpc.result?.tools).toEqual(tools);
    for (const { inputSchema, outputSchema } of tools) {
      expect(inputSchema).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
      });
      expect(outputSchema).toMatchObject({ type: 'object' });
    }
  });

  test('paid tasks have no simulated workers, and no tool where people are simulated', async () => {
    const { rpc } = await sendRpc(test_, await makeMcpKey('test'), 'tools/list');
    const names = ((rpc.result?.tools ?? []) as { name: string }[]).map(({ name }) => name);
    expect(names).not.toContain('post_paid_task');
    expect(names).not.toContain('settle_request');
  });

  test.each(['resources/list', 'resources/templates/list', 'prompts/list'])(
    '%s is an empty list',
    async (method) => {
      const { rpc } = await sendRpc(live, await makeMcpKey('live'), method);
      expect(Object.values(rpc.result ?? {})).toEqual([[]]);
    },
  );

  test('an unknown tool and an unknown task are -32602', async () => {
    const key = await makeMcpKey('test');
    expect((await callTool(test_, key, 'no_such_tool')).error?.code).toBe(-32_602);
    const task = await sendRpc(test_, key, 'tasks/get', {
      capabilities: tasksExtension,
      params: { taskId: 'mct_none' },
    });
    expect(task.rpc.error?.code).toBe(-32_602);
  });

  test('a task method without the extension is -32021 with status 400', async () => {
    const params = { taskId: 'mct_none' };
    const { status, rpc } = await sendRpc(test_, await makeMcpKey('test'), 'tasks/get', {
      capabilities: {},
      params,
    });
    expect([status, rpc.error?.code]).toEqual([400, -32_021]);
  });

  test('input that a schema refuses is an error of the tool that names the member', async () => {
    const { isError, data } = await callTool(test_, await makeMcpKey('test'), 'list_humans', { limit: 51 });
    expect(isError).toBe(true);
    expect(data).toMatchObject({ code: 'validation', field: 'limit' });
  });

  test('a body over 256 KB is refused before it is read', async () => {
    const key = await makeMcpKey('test');
    const { status } = await callTool(test_, key, 'list_humans', { cursor: 'x'.repeat(262_144) });
    expect(status).toBe(413);
  });

  test('a GET, which would open a stream of a session, is 405', async () => {
    const { status, headers } = await api.call('/mcp', { bearer: await makeMcpKey('live') });
    expect(status).toBe(405);
    expect(headers.get('allow')).toContain('POST');
  });

  test('the tools can be read without an MCP client', async () => {
    const { status, body } = await api.call('/mcp/tools', { bearer: await makeMcpKey('live') });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ name: 'ask_people' })]),
    });
  });

  test('calls of tools are counted by tool, outcome and revision', async () => {
    const key = await makeMcpKey('test');
    await callTool(test_, key, 'list_humans', { cursor: 'none' });
    await callTool(test_, key, 'list_humans', {}, { capabilities: {} });
    const { text } = await api.call('/metrics');
    const line = (outcome: string, revision: string) =>
      `latchkey_agent_tool_calls_total{tool="list_humans",outcome="${outcome}",revision="${revision}"} `;
    expect(text).toContain(line('error', '2025-11-25'));
    expect(text).toContain(line('complete', '2026-07-28'));
  });
});
