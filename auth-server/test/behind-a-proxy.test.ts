/**
 * In production behind one trusted proxy: whatever came to it without TLS is refused and not redirected, and a
 * caller is where the proxy saw it.
 */
import { request } from 'node:http';
import { createPerson, startAuthServer } from '../testing/authorization-flow.js';

const issuer = 'https://auth.example';
const { services, origin } = await startAuthServer({ production: true, trustedProxies: 1, issuer });

function call(path: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number | undefined; location: string | undefined; text: string }>(
    (resolve, reject) => {
      const sent = request(origin, { path, headers, method }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, location: response.headers.location, text });
      });
      sent.on('error', reject);
      sent.end();
    },
  );
}

test('a call that the proxy marks as http is refused, in the form that the caller reads', async () => {
  for (const path of ['/token', '/authorize?client_id=x', '/signin', '/.well-known/openid-configuration']) {
    const page = await call(path, { 'x-forwarded-proto': 'http', accept: 'text/html' });
    expect([path, page.status, page.location]).toEqual([path, 403, undefined]);
    expect(page.text).toContain('HTTPS required');
    const json = await call(path, { 'x-forwarded-proto': 'http' });
    expect(JSON.parse(json.text)).toEqual({ error: 'invalid_request', error_description: 'HTTPS required' });
  }
  expect((await call('/signin', { 'x-forwarded-proto': 'https' })).status).toBe(200);
  expect((await call('/signin', {})).status).toBe(200);
  expect((await call('/signin', { 'x-forwarded-proto': 'https, http' })).status).toBe(403);
  expect((await call('/signin', { 'x-forwarded-proto': 'http, https' })).status).toBe(200);
});

test('a caller is where the proxy saw it, not where it says it is', async () => {
  const guess = (forwarded: string) =>
    call(
      '/token',
      { 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https', authorization: 'Basic eDp5' },
      'POST',
    );
  const [claimed, seen] = ['203.0.113.9', '198.51.100.7'];
  for (let turn = 0; turn < 60; turn += 1) await guess(`203.0.113.${turn}, ${seen}`);
  expect((await guess(`${claimed}, ${seen}`)).status).toBe(429);
  expect((await guess(seen)).status).toBe(429);
  expect((await guess(claimed)).status).not.toBe(429);
});

test.each([
  ['a port', (port: number) => `192.0.2.7:${port}`],
  ['brackets', () => '[2001:db8::1]'],
  ['brackets and a port', (port: number) => `[2001:db8:1::1]:${port}`],
])('a forwarded IP address with %s is one caller, and no other', async (_name, forwarded) => {
  const guess = (entry: string) =>
    call(
      '/token',
      { 'x-forwarded-for': entry, 'x-forwarded-proto': 'https', authorization: 'Basic eDp5' },
      'POST',
    );
  for (let turn = 0; turn < 60; turn += 1) await guess(forwarded(50_000 + turn));
  expect((await guess(forwarded(40_000))).status).toBe(429);
  expect((await guess('[2001:db8:ffff::1]:1')).status).not.toBe(429);
});

test('development’s mail is not there', async () => {
  await createPerson(services);
  for (const path of ['/dev/mail', '/dev/mail.json', '/metrics']) {
    expect((await call(path, { 'x-forwarded-proto': 'https' })).status).toBe(404);
  }
});
