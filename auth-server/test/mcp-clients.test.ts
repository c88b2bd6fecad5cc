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
import { z } from 'zod';
import { Reply } from '../../resource-api/routing/reply.js';
import { accessToken, type ProductApi, post } from '../../resource-api/routing/route.js';
import { startTestServers } from '../../scripts/testing/servers.js';
import { endGrants } from '../../shared/identity/oauth/grants.js';
import { getProduct } from '../../shared/products/index.js';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import { createTestServices } from '../../shared/testing/services.js';
import { authorize, createPerson } from '../testing/authorization-flow.js';

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

/** As little of an MCP server as a client needs to say that it is connected. */
const message = z.looseObject({ method: z.string(), id: z.union([z.string(), z.number()]).optional() });
const results: Record<string, (params: { protocolVersion?: string } | undefined) => unknown> = {
  initialize: (params) => ({
    protocolVersion: params?.protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'test', version: '1' },
  }),
  'tools/list': () => ({ tools: [] }),
};
const mcp: ProductApi = {
  product: getProduct('haas'),
  routes: [
    post('/mcp', { by: [accessToken('status:read')], body: message }, ({ body: { id, method, params } }) => {
      if (id === undefined) return new Reply(202, undefined, {});
      const result = results[method]?.(params as { protocolVersion?: string } | undefined);
      const unknown = { error: { code: -32_601, message: 'there is no such method' } };
      return new Reply(200, { jsonrpc: '2.0', id, ...(result === undefined ? unknown : { result }) }, {});
    }),
  ],
};
const { authUrl, apiUrl } = await startTestServers(services, [mcp]);
const person = await createPerson(services);
const address = new URL(`${apiUrl}/haas/mcp`);

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
async function decide(asked: URL | undefined): Promise<URLSearchParams> {
  if (!asked) throw new Error('nobody was asked');
  expect(asked.searchParams.get('scope')).toBe('status:read');
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

const ways: [way: string, redirectUrl: string, document: string | undefined][] = [
  ['by registration', loopback, undefined],
  ['by registration, with a scheme of its own', 'cursor://anysphere.cursor-mcp/oauth/callback', undefined],
  ['by client document', loopback, documentId],
];

async function endAllGrants() {
  await endGrants(services, { user_id: person.id }, { kind: 'system', id: 'test' });
}

describe('@modelcontextprotocol/sdk 1.x', () => {
  test.each(ways)('logs in %s, and refreshes', async (_way, redirectUrl, document) => {
    type Provider = NonNullable<
      NonNullable<ConstructorParameters<typeof FormerTransport>[1]>['authProvider']
    >;
    type Registered = NonNullable<Awaited<ReturnType<Provider['clientInformation']>>>;
    type Tokens = NonNullable<Awaited<ReturnType<Provider['tokens']>>>;
    type Discovered = Parameters<NonNullable<Provider['saveDiscoveryState']>>[0];
    const authProvider = createProvider<Registered, Tokens, Discovered>(redirectUrl, document);
    const { kept } = authProvider;
    const connect = async () => {
      const transport = new FormerTransport(address, { authProvider });
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
    expect(await client.listTools()).toEqual({ tools: [] });
    expect(kept.client?.client_id).toMatch(document ? /^https:\/\/agent\.example\// : /^dyn_/);
    const before = kept.tokens?.access_token;
    clock.advance(3_601_000);
    expect(await client.listTools()).toEqual({ tools: [] });
    expect(kept.tokens?.access_token).not.toBe(before);
    await client.close();
    await endAllGrants();
  });
});

describe('@modelcontextprotocol/client 2.x', () => {
  test.each(ways)('logs in %s, and refreshes', async (_way, redirectUrl, document) => {
    const authProvider = createProvider<
      current.StoredOAuthClientInformation,
      current.StoredOAuthTokens,
      current.OAuthDiscoveryState
    >(redirectUrl, document);
    const { kept } = authProvider;
    const connect = async () => {
      const transport = new current.StreamableHTTPClientTransport(address, { authProvider });
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
    expect(await client.listTools()).toMatchObject({ tools: [] });
    expect(kept.client?.client_id).toMatch(document ? /^https:\/\/agent\.example\// : /^dyn_/);
    const before = kept.tokens?.access_token;
    clock.advance(3_601_000);
    expect(await client.listTools()).toMatchObject({ tools: [] });
    expect(kept.tokens?.access_token).not.toBe(before);
    await client.close();
    await endAllGrants();
  });
});
