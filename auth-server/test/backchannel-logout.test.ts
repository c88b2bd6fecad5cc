/** Back-channel logout: an app hears of it when a session ends, however that happens, and until it has heard. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { runDueJobs } from '../../shared/testing/jobs.js';
import { authHandlers } from '../job-handlers.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const received: URLSearchParams[] = [];
let status = 200;
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    received.push(new URLSearchParams(body));
    response.writeHead(status).end();
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/logout`;

const { services, clock, origin } = await startAuthServer({ outboundAllow: ['127.0.0.0/8'] });
const person = await createPerson(services);
const app = await createApp(services, { backchannelLogoutUri: address });
const silent = await createApp(services);

afterAll(async () => {
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});

beforeEach(() => {
  received.length = 0;
  status = 200;
});

async function signIn(): Promise<{ browser: FormBrowser; sid: unknown }> {
  const browser = new FormBrowser(origin);
  await authorize(browser, { client_id: silent.id, scope: 'status:read' }, person);
  const { answer } = await authorize(browser, { client_id: app.id, scope: 'openid status:read' }, person);
  const { body } = await requestToken(origin, {
    grant_type: 'authorization_code',
    code: String(answer.get('code')),
    redirect_uri: callback,
    client_id: app.id,
    client_secret: app.secret,
  });
  return { browser, sid: decodeJwt(body.id_token).sid };
}

async function signOut(browser: FormBrowser): Promise<void> {
  await browser.submit(formTo(await browser.get('/signout'), '/signout'), { logout: 'yes' });
}

const run = () => runDueJobs(services, authHandlers);

test('signing out tells the app with a signed token that names its session', async () => {
  const { browser, sid } = await signIn();
  await signOut(browser);
  expect(received).toEqual([]);
  expect((await run()).failures).toEqual([]);
  expect(received).toHaveLength(1);
  const token = String(received[0]?.get('logout_token'));
  const keys = createRemoteJWKSet(new URL(`${origin}/jwks`));
  const { payload } = await jwtVerify(token, keys, { issuer: origin, audience: app.id, typ: 'logout+jwt' });
  expect(payload).toMatchObject({ sub: `usr_${person.id}`, sid, jti: expect.any(String) });
  expect(payload.events).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
  expect(payload).not.toHaveProperty('nonce');
});

test('an app that does not answer well is told again, with the same id', async () => {
  const { browser } = await signIn();
  await signOut(browser);
  status = 500;
  expect((await run()).failures).toMatchObject([{ dead: false }]);
  clock.advance(3_600_000);
  status = 204;
  expect((await run()).failures).toEqual([]);
  clock.advance(86_400_000);
  await run();
  expect(received).toHaveLength(2);
  const [first, second] = received.map((form) => decodeJwt(String(form.get('logout_token'))).jti);
  expect(first).toBe(second);
});

test('a logout that an app began tells the app once', async () => {
  const { browser } = await signIn();
  const page = await browser.get(`/session/end?client_id=${app.id}`);
  await browser.submit(formTo(page, '/session/end/confirm'), { logout: 'yes' });
  await run();
  expect(received).toHaveLength(1);
});

test('the metadata says so', async () => {
  const metadata = await (await fetch(`${origin}/.well-known/openid-configuration`)).json();
  expect(metadata).toMatchObject({
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  });
});
