/**
 * Clients by metadata document, fetched from a real https server by our own guarded fetch, and out of a folder.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setClientDisabled } from '../../shared/identity/oauth/oauth-client-changes.js';
import { createCertificate } from '../../shared/testing/certificate.js';
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  createPerson,
  credentialsOf,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

interface Served {
  status?: number;
  body: string;
  headers?: Record<string, string>;
  silent?: boolean;
}

const served = new Map<string, Served>();
let fetched: string[] = [];
const certificate = createCertificate(['client.example', 'inside.example', 'closed.example']);
const host = createServer(certificate, (request, response) => {
  fetched.push(request.url ?? '');
  const { status = 200, body, headers, silent } = served.get(request.url ?? '') ?? { status: 404, body: '' };
  if (silent) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
});
await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
const { port } = host.address() as AddressInfo;

const folder = mkdtempSync(join(tmpdir(), 'latchkey-documents-'));
const laidIn = 'https://laid-in.example/agent.json';
const redirect = 'https://client.example/callback';
writeFileSync(
  join(folder, 'agent.json'),
  JSON.stringify({ client_id: laidIn, client_name: 'Laid In', redirect_uris: [redirect] }),
);

const resolve = async (name: string) => (name === 'inside.example' ? ['10.0.0.1'] : ['127.0.0.1']);
const { services, clock, origin } = await startAuthServer(
  {
    outboundAllow: ['127.0.0.0/8'],
    clientDocumentHosts: [
      `client.example:${port}`,
      `inside.example:${port}`,
      '[::1]:8443',
      '169.254.169.254',
    ],
    clientDocumentsDir: folder,
  },
  { resolve, authority: certificate.cert },
);
const person = await createPerson(services);

afterAll(async () => {
  host.closeAllConnections();
  await new Promise((done) => host.close(done));
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  fetched = [];
});

const idOf = (path: string, name = 'client.example') => `https://${name}:${port}${path}`;

function publish(path: string, members: Record<string, unknown> = {}, more: Partial<Served> = {}): string {
  const id = idOf(path);
  const document = { client_id: id, client_name: 'Desk Agent', redirect_uris: [redirect], ...members };
  served.set(path, { body: JSON.stringify(document), ...more });
  return id;
}

const verifier = 'v'.repeat(43);
const challenge = {
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
};

const ask = (id: string, more: Record<string, string> = {}) => ({
  client_id: id,
  redirect_uri: redirect,
  scope: 'status:read',
  ...challenge,
  ...more,
});

async function open(id: string, browser = new FormBrowser(origin), more = {}): Promise<Page> {
  const query = new URLSearchParams({ response_type: 'code', ...ask(id, more) });
  return browser.follow(await browser.get(`/authorize?${query}`));
}

const walk = (id: string, browser = new FormBrowser(origin), more = {}) =>
  authorize(browser, ask(id, more), person);

const isAsked = (page: Page) =>
  page.html.includes('name="decision"') || page.html.includes('name="password"');

async function isRefused(id: string): Promise<boolean> {
  const page = await open(id);
  return page.status >= 400 && page.location === undefined && page.html.includes('invalid_client');
}

test('a document is all that an app needs: it is asked for by name and host, and gets its tokens', async () => {
  const id = publish('/app.json', {
    scope: 'anything',
    grant_types: ['authorization_code', 'refresh_token'],
  });
  const browser = new FormBrowser(origin);
  const { answer } = await walk(id, browser);
  const code = String(answer.get('code'));
  const members = { grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier };
  const { status, body } = await requestToken(origin, { ...members, client_id: id });
  expect([status, body.scope]).toEqual([200, 'status:read']);
  const refreshed = await requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
    client_id: id,
  });
  expect(refreshed.status).toBe(200);
  expect(fetched).toEqual(['/app.json']);
  const row = await services.db('oauth_clients').where({ id }).first();
  expect(row).toMatchObject({ name: 'Desk Agent', self_registered: true, first_party: false, product: null });
});

test('the consent page names the host that the document is from', async () => {
  const browser = new FormBrowser(origin);
  const signIn = formTo(await open(publish('/shown.json'), browser), '/signin');
  const page = await browser.follow(await browser.submit(signIn, credentialsOf(person)));
  expect(page.html).toMatch(/Described at <span[^>]*>client\.example:\d+</);
});

test('the metadata says that documents are taken', async () => {
  const metadata = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
  expect(metadata).toMatchObject({ client_id_metadata_document_supported: true });
});

test('a document out of the folder is fetched from nowhere', async () => {
  const { answer } = await walk(laidIn);
  expect(answer.get('code')).toEqual(expect.any(String));
  expect(fetched).toEqual([]);
});

test('a program on the person’s machine may take any port, and is asked about each time', async () => {
  const id = publish('/native.json', {
    redirect_uris: ['http://127.0.0.1/callback', 'https://client.example/x'],
  });
  const browser = new FormBrowser(origin);
  const more = { redirect_uri: 'http://127.0.0.1:49152/callback' };
  const first = await walk(id, browser, more);
  expect(first.page.location).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?code=/);
  expect(isAsked(await open(id, browser, more))).toBe(true);
});

test('a document that names another client is refused', async () => {
  publish('/other.json', { client_id: idOf('/app.json') });
  expect(await isRefused(idOf('/other.json'))).toBe(true);
});

describe('is refused, and nothing of it is kept', () => {
  test.each<[string, Served]>([
    ['a redirect', { status: 302, body: '', headers: { location: '/app.json' } }],
    ['404', { status: 404, body: '' }],
    ['500', { status: 500, body: '' }],
    ['HTML', { body: '<html></html>', headers: { 'content-type': 'text/html' } }],
    ['an array', { body: '[]' }],
    ['more than 5 KB', { body: JSON.stringify({ client_id: idOf('/bad.json'), x: 'x'.repeat(6000) }) }],
    ['no answer in time', { body: '', silent: true }],
    [
      'a secret',
      {
        body: JSON.stringify({ client_id: idOf('/bad.json'), redirect_uris: [redirect], client_secret: 's' }),
      },
    ],
    [
      'authentication by a secret',
      {
        body: JSON.stringify({
          client_id: idOf('/bad.json'),
          redirect_uris: [redirect],
          token_endpoint_auth_method: 'client_secret_post',
        }),
      },
    ],
    [
      'a redirect URI that may not be registered',
      { body: JSON.stringify({ client_id: idOf('/bad.json'), redirect_uris: ['http://evil.example/cb'] }) },
    ],
  ])('%s', async (_name, answer) => {
    served.set('/bad.json', answer);
    expect(await isRefused(idOf('/bad.json'))).toBe(true);
    expect(await services.db('oauth_clients').where({ id: idOf('/bad.json') })).toEqual([]);
    expect(fetched).toContain('/bad.json');
  });
});

describe('is no address of a document', () => {
  const base = `https://client.example:${port}`;
  test.each([
    base,
    `${base}/`,
    `${base}?x`,
    `${base}/?x`,
    `${base}/a/../app.json`,
    `${base}/%2e%2e/app.json`,
    `${base}/app.json#x`,
    `https://user@client.example:${port}/app.json`,
    `http://client.example:${port}/app.json`,
  ])('%s', async (id) => {
    expect(await isRefused(id)).toBe(true);
    expect(fetched).toEqual([]);
  });
});

test('a host on a private network, also by name, is not called, nor one that is not listed', async () => {
  served.set('/app2.json', { body: '{}' });
  for (const id of [
    idOf('/app2.json', 'inside.example'),
    idOf('/app2.json', 'closed.example'),
    'https://[::1]:8443/app.json',
    'https://169.254.169.254/latest/meta-data',
  ]) {
    expect(await isRefused(id)).toBe(true);
  }
  expect(fetched).toEqual([]);
});

test('consent is remembered until the redirects change, and then asked for again', async () => {
  const id = publish('/changing.json');
  const browser = new FormBrowser(origin);
  expect(isAsked(await open(id, browser))).toBe(true);
  await walk(id, browser);
  expect(isAsked(await open(id, browser))).toBe(false);
  const more = 'https://client.example/elsewhere';
  publish('/changing.json', { redirect_uris: [redirect, more] });
  // The document that was remembered is too old now.
  clock.advance(61_000);
  expect(isAsked(await open(id, browser))).toBe(true);
});

test('no document can make itself more than it is', async () => {
  const id = publish('/greedy.json', {
    product: 'haas',
    first_party: true,
    jwt_access_tokens: true,
    verified_host: 'bank.example',
    grant_types: ['authorization_code', 'client_credentials'],
  });
  await walk(id);
  const row = await services.db('oauth_clients').where({ id }).first();
  expect(row).toMatchObject({ product: null, first_party: false, verified_host: `client.example:${port}` });
  expect(row.metadata.jwt_access_tokens).toBeUndefined();
  const answer = await requestToken(origin, { grant_type: 'client_credentials', client_id: id });
  expect(answer.status).toBeGreaterThanOrEqual(400);
});

test('an operator can stop a client that describes itself', async () => {
  const id = publish('/stopped.json');
  await walk(id);
  await setClientDisabled(services, id, true, { kind: 'system', id: 'test' });
  // What this process remembered of the client is too old now.
  clock.advance(61_000);
  const { status, location, html } = await open(id);
  expect([status >= 400, location]).toEqual([true, undefined]);
  expect(html).toContain('is switched off');
});
