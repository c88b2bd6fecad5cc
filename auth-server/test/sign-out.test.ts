/**
 * Signing out on behalf of an app (OpenID Connect RP-Initiated Logout).
 */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  credentialsOf,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const person = await createPerson(services);
const home = 'https://app.example/bye';
const metadata = JSON.stringify({ post_logout_redirect_uris: [home] });
const app = await createApp(services, { columns: { metadata } });
const stranger = await createApp(services, {
  columns: { metadata, self_registered: true, user_id: null, product: null },
});

async function signedIn() {
  const browser = new FormBrowser(origin);
  const { answer: response } = await authorize(
    browser,
    { client_id: app.id, scope: 'openid status:read' },
    person,
  );
  const { body } = await requestToken(origin, {
    grant_type: 'authorization_code',
    code: String(response.get('code')),
    redirect_uri: callback,
    client_id: app.id,
    client_secret: app.secret,
  });
  return { browser, tokens: body };
}

const isSignedIn = async (browser: FormBrowser) => (await browser.get('/signin')).status === 303;
const ending = (parameters: Record<string, string>) => `/session/end?${new URLSearchParams(parameters)}`;

test('asks, ends the session here, and leaves what the app was allowed', async () => {
  const { browser, tokens } = await signedIn();
  const page = await browser.get(
    ending({ id_token_hint: tokens.id_token, post_logout_redirect_uri: home, state: 'a b' }),
  );
  expect(page.status).toBe(200);
  expect(await isSignedIn(browser)).toBe(true);
  const cookie = browser.cookieHeader('/');
  const done = await browser.submit(formTo(page, '/session/end/confirm'), { logout: 'yes' });
  expect([done.status, done.location]).toEqual([303, `${home}?state=a+b`]);
  expect(await isSignedIn(browser)).toBe(false);
  const kept = await fetch(`${origin}/signin`, {
    headers: { cookie },
    redirect: 'manual',
  });
  expect(kept.status).toBe(200);
  const refreshed = await requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
    client_id: app.id,
    client_secret: app.secret,
  });
  expect(refreshed.status).toBe(200);
});

test('stays signed in on the other button', async () => {
  const { browser, tokens } = await signedIn();
  const page = await browser.get(ending({ id_token_hint: tokens.id_token, post_logout_redirect_uri: home }));
  const done = await browser.submit(formTo(page, '/session/end/confirm'));
  expect(done.location).toBe(home);
  expect(await isSignedIn(browser)).toBe(true);
});

test('ends nothing without its own form', async () => {
  const { browser } = await signedIn();
  await browser.get('/session/end');
  const forged = await browser.post(
    '/session/end/confirm',
    new URLSearchParams({ logout: 'yes', xsrf: 'guess' }),
  );
  expect(forged.status).toBe(400);
  expect(await isSignedIn(browser)).toBe(true);
});

test('where nobody is signed in, goes back to a known app at once, and says so to a stranger’s', async () => {
  const browser = new FormBrowser(origin);
  const known = await browser.get(ending({ client_id: app.id, post_logout_redirect_uri: home, state: 's' }));
  expect([known.status, known.location]).toEqual([303, `${home}?state=s`]);
  const unknown = await browser.get(ending({ client_id: stranger.id, post_logout_redirect_uri: home }));
  expect([unknown.status, unknown.location]).toEqual([200, undefined]);
  const evil = await browser.get(
    ending({ client_id: app.id, post_logout_redirect_uri: 'https://evil.example/' }),
  );
  expect([evil.status, evil.location]).toEqual([400, undefined]);
});

test.each(['/console/keys', '/account'])('"Sign out" in the sidebar of %s signs out', async (path) => {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  const signedOut = await browser.submit(formTo(await browser.get(path), '/signout'));
  expect(signedOut.html).toContain('You are signed out');
  expect((await browser.get(path)).location).toContain('/signin');
});
