/** The device flow (RFC 8628), as a device and a person go through it. */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  createApp,
  createPerson,
  credentialsOf,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services, { public: true });
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

const begin = async (members: Record<string, string> = { scope: 'status:read' }, client = app.id) =>
  requestToken(origin, { client_id: client, ...members }, { path: '/device/auth' });

const poll = async (deviceCode: string, client = app.id) => {
  const response = await requestToken(origin, {
    grant_type: grantType,
    device_code: deviceCode,
    client_id: client,
  });
  clock.advance(5_000);
  return response;
};

const enter = async (browser: FormBrowser, code: string): Promise<Page> =>
  browser.submit(formTo(await browser.get('/device'), '/device'), { user_code: code });

/** From the confirmed code over sign-in and consent to the last page. */
async function decide(browser: FormBrowser, confirmation: Page, decision = 'allow'): Promise<Page> {
  let page = await browser.follow(
    await browser.submit(formTo(confirmation, '/device'), { abort: undefined, confirm: 'yes' }),
  );
  if (page.html.includes('name="password"')) {
    page = await browser.follow(await browser.submit(formTo(page, '/signin'), credentialsOf(person)));
  }
  return browser.follow(await browser.submit(formTo(page, '/consent'), { decision }));
}

test('a device shows a code, a person compares it, signs in and allows, the device gets its tokens', async () => {
  const { status, body } = await begin();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
    verification_uri: `${origin}/device`,
    expires_in: 600,
    interval: 5,
  });
  expect((await poll(body.device_code)).body.error).toBe('authorization_pending');
  const browser = new FormBrowser(origin);
  const confirmation = await enter(browser, body.user_code.toLowerCase().replace('-', ' '));
  expect(confirmation.html).toContain('Errand Bot');
  expect(confirmation.html).toContain(body.user_code);
  expect(confirmation.html).toContain('127.0.0.1');
  const done = await decide(browser, confirmation);
  expect(done.html).toContain('Your device is connected');
  const { body: tokens } = await poll(body.device_code);
  expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'status:read', human_id: `usr_${person.id}` });
  expect(tokens.refresh_token).toBeDefined();
  expect((await poll(body.device_code)).body.error).toBe('invalid_grant');
});

test('who was let in once is asked again for the next device', async () => {
  const browser = new FormBrowser(origin);
  for (let round = 0; round < 2; round += 1) {
    const { body } = await begin();
    const done = await decide(browser, await enter(browser, body.user_code));
    expect(done.html).toContain('Your device is connected');
  }
});

test('a device that polls too fast is told to slow down, and nothing else comes of it', async () => {
  const { body } = await begin();
  const members = { grant_type: grantType, device_code: body.device_code, client_id: app.id };
  const responses = await Promise.all(Array.from({ length: 4 }, () => requestToken(origin, members)));
  expect(responses.map((response) => response.body.error).sort()).toEqual([
    'authorization_pending',
    'slow_down',
    'slow_down',
    'slow_down',
  ]);
  clock.advance(5_000);
  expect((await poll(body.device_code)).body.error).toBe('authorization_pending');
});

test('refused at the comparison or at the consent, the device hears it', async () => {
  const first = (await begin()).body;
  const browser = new FormBrowser(origin);
  const confirmation = await enter(browser, first.user_code);
  const refused = await browser.submit(formTo(confirmation, '/device'), { abort: 'yes' });
  expect(refused.html).toContain('Refused');
  expect((await poll(first.device_code)).body.error).toBe('access_denied');

  const second = (await begin()).body;
  const denied = await decide(browser, await enter(browser, second.user_code), 'deny');
  expect(denied.html).toContain('Refused');
  expect((await poll(second.device_code)).body.error).toBe('access_denied');
});

test('"not you?" on the consent page asks for another person and keeps the device waiting', async () => {
  const { body } = await begin();
  const browser = new FormBrowser(origin);
  let page = await enter(browser, body.user_code);
  page = await browser.follow(
    await browser.submit(formTo(page, '/device'), { abort: undefined, confirm: 'yes' }),
  );
  page = await browser.follow(await browser.submit(formTo(page, '/signin'), credentialsOf(person)));
  page = await browser.follow(await browser.submit(formTo(page, '/switch')));
  const other = await createPerson(services);
  page = await browser.follow(await browser.submit(formTo(page, '/signin'), credentialsOf(other)));
  page = await browser.follow(await browser.submit(formTo(page, '/consent'), { decision: 'allow' }));
  expect(page.html).toContain('Your device is connected');
  expect((await poll(body.device_code)).body.human_id).toBe(`usr_${other.id}`);
});

test('a code is over after ten minutes, for the person and for the device', async () => {
  const { body } = await begin();
  clock.advance(601_000);
  expect((await enter(new FormBrowser(origin), body.user_code)).html).toContain('too old');
  expect((await poll(body.device_code)).body.error).toMatch(/expired_token|invalid_grant/);
});

describe('the device flow against guessing and phishing', () => {
  test('a link with a code sends nothing by itself, and the comparison is shown before anybody signs in', async () => {
    const { body } = await begin();
    const page = await new FormBrowser(origin).get(body.verification_uri_complete);
    expect(page.html).toContain(`value="${body.user_code}"`);
    expect(page.html).not.toContain('submit()');
    expect(page.html).not.toContain('name="confirm"');
    expect((await poll(body.device_code)).body.error).toBe('authorization_pending');
  });

  test('a confirmation counts only in the session that opened it', async () => {
    const { body } = await begin();
    const attacker = new FormBrowser(origin);
    const form = formTo(await enter(attacker, body.user_code), '/device');
    const victim = new FormBrowser(origin);
    await victim.get('/device');
    form.fields.set('confirm', 'yes');
    form.fields.delete('abort');
    const page = await victim.follow(await victim.post('/device', form.fields));
    expect(page.html).not.toContain('name="password"');
    expect((await poll(body.device_code)).body.error).toBe('authorization_pending');
  });

  test('guessing is over after ten wrong codes from one address', async () => {
    const browser = new FormBrowser(origin);
    const statuses: number[] = [];
    for (let guess = 0; guess < 11; guess += 1) statuses.push((await enter(browser, 'BBBB-BBBB')).status);
    expect(statuses.slice(-1)).toEqual([429]);
    const { body } = await begin();
    const page = await enter(new FormBrowser(origin), body.user_code);
    expect([page.status, page.headers.get('retry-after')]).toEqual([429, expect.any(String)]);
    expect(page.html).toContain('Too many codes were tried');
    clock.advance(901_000);
    const later = (await begin()).body;
    expect((await enter(new FormBrowser(origin), later.user_code)).status).toBe(200);
  });
});

test('a way back that this browser never went is over, and no failure', async () => {
  const page = await new FormBrowser(origin).get('/device/never-heard-of');
  expect([page.status, page.html]).toEqual([400, expect.stringContaining('This request is over')]);
});

test('an app with a secret has no use for the device flow', async () => {
  const confidential = await createApp(services);
  const response = await requestToken(
    origin,
    { client_id: confidential.id, client_secret: confidential.secret, scope: 'status:read' },
    { path: '/device/auth' },
  );
  expect([response.status, response.body.error]).toEqual([400, 'invalid_request']);
});

test('device codes are no plain text in the database', async () => {
  const { body } = await begin();
  const rows = await services.db('oidc_records').where({ model: 'DeviceCode' });
  expect(JSON.stringify(rows)).not.toContain(body.device_code);
});
