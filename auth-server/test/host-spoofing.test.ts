/**
 * No address that we make follows what a request says about itself.
 */
import { type IncomingHttpHeaders, request } from 'node:http';
import { startAuthServer } from '../testing/authorization-flow.js';

const issuer = 'https://auth.example';
const further = 'login.example';
const { origin } = await startAuthServer({ issuer, authHosts: [further] });

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** With headers and a request line that fetch would not send. */
function call(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(origin, { path, headers, method }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode, headers: response.headers, body });
    });
    sent.on('error', reject);
    sent.end();
  });
}

const metadataPath = '/.well-known/openid-configuration';
const spoofs: Array<[string, string, Record<string, string>]> = [
  ['Host', metadataPath, { host: 'evil.example' }],
  ['X-Forwarded-Host', metadataPath, { 'x-forwarded-host': 'evil.example' }],
  ['X-Forwarded-Proto', metadataPath, { 'x-forwarded-proto': 'http' }],
  ['Forwarded', metadataPath, { forwarded: 'host=evil.example;proto=http' }],
  ['X-Original-URL', metadataPath, { 'x-original-url': 'http://evil.example/', 'x-rewrite-url': '/x' }],
  ['a whole address in the request line', `http://evil.example${metadataPath}`, {}],
  ['a host with an odd port', metadataPath, { host: 'auth.example:1' }],
];

test.each(spoofs)('the metadata does not follow %s', async (_name, path, headers) => {
  const { status, body } = await call(path, headers);
  expect(status).toBe(200);
  const addresses = Object.entries<unknown>(JSON.parse(body)).filter(
    ([name]) => name === 'issuer' || /_(endpoint|uri)$/.test(name),
  );
  expect(addresses.length).toBeGreaterThan(6);
  for (const [name, address] of addresses) {
    expect([name, new URL(String(address)).origin]).toEqual([name, issuer]);
  }
});

test('nor do redirects, pages and cookies', async () => {
  for (const host of ['evil.example', further]) {
    const paths = [
      '/authorize?client_id=x',
      '//evil.example/signin',
      '/signin',
      'http://evil.example/signin',
    ];
    for (const path of paths) {
      const { body, headers } = await call(path, { host, 'x-forwarded-host': 'evil.example' });
      expect(`${body} ${headers['set-cookie']}`).not.toMatch(/(https?:|["'(=])\/\/evil\.example/);
      expect(new URL(headers.location ?? '', issuer).origin).toBe(issuer);
    }
  }
});

test('a browser that comes by a further name is sent on to the issuer, a program is answered', async () => {
  const page = await call('/authorize?client_id=x&state=1', { host: further });
  expect([page.status, page.headers.location]).toEqual([303, `${issuer}/authorize?client_id=x&state=1`]);
  const metadata = await call(metadataPath, { host: further.toUpperCase() });
  expect(JSON.parse(metadata.body)).toMatchObject({ issuer });
  expect((await call('/token', { host: further }, 'POST')).status).toBe(400);
  expect((await call('/authorize?client_id=x', { host: 'unknown.example' })).status).toBe(400);
});

test('a caller’s own address is not what it claims while no proxy is trusted', async () => {
  const guess = (index: number) =>
    call('/token', { 'x-forwarded-for': `203.0.113.${index}`, authorization: 'Basic eDp5' }, 'POST');
  await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)));
  expect((await guess(60)).status).toBe(429);
});
