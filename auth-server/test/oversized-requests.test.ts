/**
 * Requests that are too large, too deep, too many or compressed end with a 4xx, at
 * once, and the server goes on. (What trickles in is cut off by the server itself: shared/http/serve.test.)
 */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer({ openRegistration: true });
const app = await createApp(services);
const endpoints = ['/token', '/token/revocation', '/token/introspection', '/request'];

interface Sent {
  status: number;
  text: string;
}

async function send(path: string, type: string, body: BodyInit, headers = {}): Promise<Sent> {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
    redirect: 'manual',
  });
  return { status: response.status, text: await response.text() };
}

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';
const isRefusal = ({ status }: Sent) => status >= 400 && status < 500;

describe('a request beyond its bounds', () => {
  afterEach(async () => {
    expect((await fetch(`${origin}/health`)).status).toBe(200);
  });

  test('a body of a megabyte', async () => {
    const large = 'x'.repeat(1_000_000);
    for (const path of endpoints) {
      const sent = await send(path, form, `client_id=${app.id}&token=${large}&code=${large}`);
      expect([path, isRefusal(sent)]).toEqual([path, true]);
      expect(sent.text.length).toBeLessThan(2000);
    }
    expect((await send('/token', json, JSON.stringify({ code: large }))).status).toBe(413);
    expect((await send('/reg', json, JSON.stringify({ client_name: large }))).status).toBe(413);
    expect(isRefusal(await send('/signin', form, `csrf=x&email=${large}`))).toBe(true);
  });

  test('a form of ours that is too large is refused as what it is', async () => {
    const browser = new FormBrowser(origin);
    const page = await browser.get('/signin');
    const sent = await browser.submit(formTo(page, '/signin'), { email: 'x'.repeat(100_000), password: 'x' });
    expect(sent.status).toBe(413);
    expect(sent.html).toContain('too large');
  });

  test('a body whose length is not what it says, or never comes', async () => {
    const status = await new Promise((resolve) => {
      const sent = request(
        `${origin}/token`,
        { method: 'POST', headers: { 'content-type': form } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', () => resolve('broken off'));
      for (let chunk = 0; chunk < 100; chunk += 1) sent.write('x'.repeat(10_000));
      sent.end();
    });
    expect([400, 413, 'broken off']).toContain(status);
  });

  test('ten thousand parameters', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `p${index}=1`).join('&');
    for (const path of endpoints) expect(isRefusal(await send(path, form, many))).toBe(true);
    const twice = Array.from({ length: 5000 }, () => 'scope=x').join('&');
    expect(isRefusal(await send('/token', form, twice))).toBe(true);
    const members = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`p${index}`, '1']));
    expect(isRefusal(await send('/token', json, JSON.stringify(members)))).toBe(true);
  });

  test('JSON that is deep, and members that are no texts', async () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    for (const path of ['/token', '/reg']) {
      expect(isRefusal(await send(path, json, deep))).toBe(true);
      expect(isRefusal(await send(path, json, '['.repeat(10_000)))).toBe(true);
    }
    for (const redirect_uris of [deep, { a: 1 }, [[callback]], [{}], Array(5000).fill(callback)]) {
      expect(isRefusal(await send('/reg', json, JSON.stringify({ redirect_uris })))).toBe(true);
    }
  });

  test('compressed bodies, small and like a bomb', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 'a=b&'));
    expect(bomb.length).toBeLessThan(50_000);
    for (const path of [...endpoints, '/signin', '/reg']) {
      for (const type of [form, json]) {
        const sent = await send(path, type, new Uint8Array(bomb), { 'content-encoding': 'gzip' });
        expect([path, type, isRefusal(sent)]).toEqual([path, type, true]);
      }
    }
  });

  test('addresses and headers that are too long', async () => {
    const long = 'x'.repeat(20_000);
    const call = (path: string, headers = {}) => fetch(origin + path, { headers, redirect: 'manual' });
    expect((await call(`/authorize?state=${long}`)).status).toBe(431);
    expect((await call('/authorize', { cookie: `a=${long}` })).status).toBe(431);
    const many = Array.from({ length: 3000 }, () => 'a=1').join('&');
    expect((await call(`/authorize?${many}`)).status).toBe(400);
  });

  test('bodies of a type, an encoding or bytes that nobody reads', async () => {
    for (const path of endpoints) {
      for (const type of [
        'text/xml',
        'multipart/form-data; boundary=x',
        `${form}; charset=utf-16`,
        `${form}; charset=x`,
      ]) {
        const sent = await send(path, type, `client_id=${app.id}&grant_type=x`);
        expect([path, type, isRefusal(sent)]).toEqual([path, type, true]);
      }
      const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x26, 0x3d]);
      expect(isRefusal(await send(path, form, bytes))).toBe(true);
    }
  });

  test('NUL and other characters that Postgres does not store are no server error', async () => {
    const odd = ['\u0000', 'a\u0000b', '\ud800', '\u0001'];
    for (const value of odd) {
      const members = {
        client_id: value,
        client_secret: value,
        code: value,
        token: value,
        refresh_token: value,
      };
      for (const grant_type of ['authorization_code', 'refresh_token', value]) {
        const own = {
          ...members,
          grant_type,
          client_id: app.id,
          client_secret: app.secret,
          redirect_uri: value,
        };
        for (const sent of [members, own]) {
          const { status } = await requestToken(origin, { ...sent, grant_type });
          expect([400, 401]).toContain(status);
        }
      }
      for (const path of ['/token/revocation', '/token/introspection']) {
        const own = { client_id: app.id, client_secret: app.secret, token: value };
        expect((await requestToken(origin, own, { path })).status).toBeLessThan(500);
      }
      const query = new URLSearchParams({
        client_id: app.id,
        response_type: 'code',
        redirect_uri: callback,
        state: value,
        scope: `status:read ${value}`,
        nonce: value,
        login_hint: value,
      });
      const page = await new FormBrowser(origin).get(`/authorize?${query}`);
      expect(page.status).toBeLessThan(500);
      const registered = { redirect_uris: [callback], client_name: value };
      expect((await send('/reg', json, JSON.stringify(registered))).status).toBeLessThan(500);
    }
    const browser = new FormBrowser(origin);
    const page = await browser.get('/signin');
    const fields = { email: 'a\u0000@example.com', password: 'b\u0000' };
    expect((await browser.submit(formTo(page, '/signin'), fields)).status).toBe(401);
  });

  test('NUL in what comes back to the app goes the whole way', async () => {
    const person = await createPerson(services);
    const parameters = {
      client_id: app.id,
      scope: 'openid status:read',
      state: 'a\u0000b',
      nonce: 'a\u0000b',
    };
    expect(await obtainCode(origin, parameters, person)).toMatch(/^[\w-]{43}$/);
  });
});
