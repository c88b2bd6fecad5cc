/**
 * Both generations of the MCP client library log in, each by registration and by client document, knowing nothing
 * but the address of a protected resource: the challenge of its 401 leads to everything else.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as current from '@modelcontextprotocol/client';
import { Client as FormerClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FormerTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startTestServers } from '../../scripts/testing/servers.js';
import { endGrants } from '../../shared/identity/oauth/grants.js';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import { createTestServices } from '../../shared/testing/services.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
} from '../testing/authorization-flow.js';

const documentId = 'https://agent.example/client.json';
const loopback = 'http://127.0.0.1:8976/callback';
const folder = mkdtempSync(join(tmpdir(), 'latchkey-documents-'));
writeFileSync(
  join(folder, 'agent.json'),
  JSON.stringify({
    client_id: documentId,
    client_name: 'Agent',
    redirect_uris: [loopback],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

const { services, clock } = await createTestServices({
  openRegistration: true,
  clientDocumentsDir: folder,
  rateLimitFactor: 1_000,
});

const { authUrl, apiUrl } = await startTestServers(services);
const person = await createPerson(services);
const address = new URL(`${apiUrl}/mcp`);
const simulated = new URL(`${apiUrl}/mcp/test`);
const usualScopes = 'humans:read humans:ask';

/** What a program keeps of its way in; both generations ask for the same things under the same names. */
function createProvider<Registered, Tokens, Discovered>(redirectUrl: string, clientMetadataUrl?: string) {
  const kept: {
    client?: Registered;
    tokens?: Tokens;
    discovered?: Discovered;
    verifier: string;
    asked?: URL;
  } = { verifier: '' };
  return {
    kept,
    redirectUrl,
    clientMetadataUrl,
    clientMetadata: {
      client_name: 'Agent',
      redirect_uris: [redirectUrl],
      token_endpoint_auth_method: 'none',
      scope: 'made:up',
    },
    clientInformation: () => kept.client,
    saveClientInformation(client: Registered) {
      kept.client = client;
    },
    tokens: () => kept.tokens,
    saveTokens(tokens: Tokens) {
      kept.tokens = tokens;
    },
    discoveryState: () => kept.discovered,
    saveDiscoveryState(discovered: Discovered) {
      kept.discovered = discovered;
    },
    redirectToAuthorization(asked: URL) {
      kept.asked = asked;
    },
    saveCodeVerifier(verifier: string) {
      kept.verifier = verifier;
    },
    codeVerifier: () => kept.verifier,
  };
}

/** The person's part: sign in, allow; where the browser ends up. */
async function decide(asked: URL | undefined, scope = usualScopes): Promise<URLSearchParams> {
  if (!asked) throw new Error('nobody was asked');
  expect(asked.searchParams.get('scope')).toBe(scope);
  expect(asked.searchParams.get('resource')).toBe(address.href);
  const parameters = Object.fromEntries(asked.searchParams);
  const { answer: response } = await authorize(
    new FormBrowser(authUrl),
    parameters,
    person,
    {},
    asked.pathname,
  );
  return response;
}

interface ToolClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<object>;
}

/** Asks a simulated person, reads the request and takes it back. */
async function useTools(client: ToolClient): Promise<void> {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain('ask_people');
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const result: { structuredContent?: unknown } = await client.callTool({ name, arguments: input });
    return result.structuredContent as Record<string, unknown>;
  };
  expect(await call('list_humans', { limit: 1 })).toMatchObject({ people: [{ type: 'human' }] });
  const asked = await call('dispatch_task', {
    title: 'Call the hotel',
    description: 'Ask whether breakfast is included.',
    metadata: { simulate: 'complete' },
  });
  const request = { request_id: asked.request_id };
  expect(await call('get_request', request)).toMatchObject({ ...request, status: 'waiting' });
  expect(await call('cancel_request', request)).toMatchObject({ ...request, status: 'cancelled' });
}

const ways: [way: string, redirectUrl: string, document: string | undefined][] = [
  ['by registration', loopback, undefined],
  ['by registration, with a scheme of its own', 'cursor://anysphere.cursor-mcp/oauth/callback', undefined],
  ['by client document', loopback, documentId],
];

async function endAllGrants() {
  await endGrants(services, { user_id: person.id }, { kind: 'system', id: 'test' });
}

describe('@modelcontextprotocol/sdk 1.x', () => {
  test.each(ways)('logs in %s, uses the tools, and refreshes', async (_way, redirectUrl, document) => {
    type Provider = NonNullable<
      NonNullable<ConstructorParameters<typeof FormerTransport>[1]>['authProvider']
    >;
    type Registered = NonNullable<Awaited<ReturnType<Provider['clientInformation']>>>;
    type Tokens = NonNullable<Awaited<ReturnType<Provider['tokens']>>>;
    type Discovered = Parameters<NonNullable<Provider['saveDiscoveryState']>>[0];
    const authProvider = createProvider<Registered, Tokens, Discovered>(redirectUrl, document);
    const { kept } = authProvider;
    const connect = async () => {
      const transport = new FormerTransport(simulated, { authProvider });
      const client = new FormerClient({ name: 'agent', version: '1' });
      const failure = await client.connect(transport).then(
        () => undefined,
        (error: Error) => error,
      );
      return { transport, client, failure };
    };
    const first = await connect();
    expect(first.failure?.constructor.name).toBe('UnauthorizedError');
    await first.transport.finishAuth(String((await decide(kept.asked)).get('code')));
    const { client, failure } = await connect();
    expect(failure).toBeUndefined();
    await useTools(client);
    expect(kept.client?.client_id).toMatch(document ? /^https:\/\/agent\.example\// : /^dyn_/);
    const before = kept.tokens?.access_token;
    clock.advance(3_601_000);
    await useTools(client);
    expect(kept.tokens?.access_token).not.toBe(before);
    await client.close();
    await endAllGrants();
  });
});

describe('@modelcontextprotocol/client 2.x', () => {
  test.each(ways)('logs in %s, uses the tools, and refreshes', async (_way, redirectUrl, document) => {
    const authProvider = createProvider<
      current.StoredOAuthClientInformation,
      current.StoredOAuthTokens,
      current.OAuthDiscoveryState
    >(redirectUrl, document);
    const { kept } = authProvider;
    const connect = async (url = simulated) => {
      const transport = new current.StreamableHTTPClientTransport(url, { authProvider });
      const client = new current.Client({ name: 'agent', version: '1' });
      const failure = await client.connect(transport).then(
        () => undefined,
        (error: Error) => error,
      );
      return { transport, client, failure };
    };
    const first = await connect();
    expect(first.failure).toBeInstanceOf(current.UnauthorizedError);
    await first.transport.finishAuth(await decide(kept.asked));
    const { client, failure } = await connect();
    expect(failure).toBeUndefined();
    await useTools(client);
    expect(kept.client?.client_id).toMatch(document ? /^https:\/\/agent\.example\// : /^dyn_/);
    const before = kept.tokens?.access_token;
    clock.advance(3_601_000);
    await useTools(client);
    expect(kept.tokens?.access_token).not.toBe(before);
    await client.close();
    const paying = await connect(address);
    expect(paying.failure).toBeUndefined();
    const post = { name: 'post_paid_task', arguments: { description: 'Is it open?', budget_cents: 1 } };
    await expect(paying.client.callTool(post)).rejects.toThrow();
    await paying.transport.finishAuth(await decide(kept.asked, `${usualScopes} humans:pay`));
    const posted = await paying.client.callTool(post);
    expect(posted.structuredContent).toMatchObject({ code: 'connect_required' });
    await paying.client.close();
    await endAllGrants();
  });
});

test('the test endpoint is another name of the resource at /authorize and /token', async () => {
  const { id: clientId, secret } = await createApp(services, { product: 'mcp' });
  const resource = simulated.href;
  const code = await obtainCode(authUrl, { client_id: clientId, scope: usualScopes, resource }, person);
  const client = { client_id: clientId, client_secret: secret, resource };
  const grant = { grant_type: 'authorization_code', redirect_uri: callback, code };
  const { body } = await requestToken(authUrl, { ...client, ...grant });
  expect(body).toMatchObject({ access_token: expect.stringMatching(/^mcp_at_/), scope: usualScopes });
  const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token };
  const renewed = await requestToken(authUrl, { ...client, ...refresh });
  expect(renewed.body.refresh_token).toMatch(/^mcp_rt_/);
  for (const url of [address, simulated]) {
    const { status } = await fetch(url, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${renewed.body.access_token}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect(status).toBe(200);
  }
});
