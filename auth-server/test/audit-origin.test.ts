/** Audit entries of what people and clients do at the authorization server say where the request came from. */
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

const { services, clock, origin } = await startAuthServer({ openRegistration: true });
const seen = { address: '127.0.0.1', requestId: expect.stringMatching(/^req_[0-9a-f]{32}$/) };

async function signedIn() {
  const person = await createPerson(services);
  const [last] = await services.db('audit_events').where({ chain: person.id }).max('seq as seq');
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  /** Submits the form of a page whose action ends with a text; throws when that was refused. */
  const act = async (path: string, part: string, fields: Record<string, string> = {}) => {
    const page = await browser.submit(formTo(await browser.get(path), part), fields);
    if (page.status >= 400) throw new Error(`${part}: ${page.status}`);
    return page;
  };
  return { person, browser, act, before: Number(last?.seq ?? 0) };
}

/** What the entries of a chain after one say about where they came from, by action. */
async function originsOf(chain: string, before = 0): Promise<Record<string, unknown>> {
  const events = await services.db('audit_events').where({ chain }).where('seq', '>', before).orderBy('seq');
  const entries = events.map(({ action, request_id, personal }) => [
    action,
    { address: personal.address?.value, requestId: request_id },
  ]);
  // Entries without an IP address come last, so that no other entry of the same action hides them.
  return Object.fromEntries(entries.sort(([, a], [, b]) => Number(!a.address) - Number(!b.address)));
}

const all = (...actions: string[]) => Object.fromEntries(actions.map((action) => [action, seen]));

test('every action of the developer console', async () => {
  const { person, act, before } = await signedIn();
  await act('/console/keys/new?product=haas', '/console/keys/new', { name: 'CI', environment: 'test' });
  const keys = (action: string, fields = {}) => act('/console/keys', `/${action}`, fields);
  await keys('rename', { name: 'Build' });
  await keys('disable');
  await keys('enable');
  await keys('roll', { grace_seconds: '3600' });
  await keys('delete');
  const app = { name: 'Errands', product: 'openhuman', redirect_uris: 'https://errands.example/cb' };
  const made = await act('/console/apps/new', '/console/apps/new', app);
  const path = `/console/apps/${/app_[0-9a-f]{24}/.exec(made.html)?.[0]}`;
  await act(path, '/secrets', { secret_name: 'Second' });
  await act(path, '/secrets/');
  await act(path, path, { ...app, name: 'Errand runner' });
  await act(path, '/disable');
  await act(path, '/enable');
  await act(path, `${path}/delete`, { confirm: 'Errand runner' });
  expect(await originsOf(person.id, before)).toEqual(
    all(
      ...['user.signed_in', 'key.created', 'key.updated', 'key.disabled', 'key.enabled', 'key.rolled'],
      ...['key.revoked', 'client.created', 'client.secret_created', 'client.secret_deleted'],
      ...['client.updated', 'client.disabled', 'client.enabled', 'client.deleted'],
    ),
  );
});

test('every action of the account pages', async () => {
  const { person, act, browser, before } = await signedIn();
  const app = await createApp(services);
  await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
  await act('/account', '/revoke');
  await act('/account/profile', '/profile', { name: 'Renamed', time_zone: 'Europe/Madrid' });
  const other = new FormBrowser(origin);
  await other.submit(formTo(await other.get('/signin'), '/signin'), credentialsOf(person));
  await act('/account/sessions', '/end-others');
  const password = 'another good password';
  await act('/account/security', '/password', { current_password: person.password, new_password: password });
  await act('/account/security', '/email', { new_email: 'moved-on@example.com', password });
  expect(await originsOf(person.id, before)).toEqual(
    all(
      ...['user.signed_in', 'consent.granted', 'consent.revoked', 'grant.revoked'],
      ...['user.renamed', 'human.updated'],
      ...['session.ended', 'user.password_changed', 'user.email_change_requested'],
    ),
  );
});

test('a revocation and a replay by a client, and a registration', async () => {
  const { person, browser, before } = await signedIn();
  const app = await createApp(services);
  const client = { client_id: app.id, client_secret: app.secret };
  const redeem = async () => {
    const wanted = { client_id: app.id, scope: 'status:read', prompt: 'consent' };
    const code = (await authorize(browser, wanted, person)).answer.get('code') ?? '';
    const { body } = await requestToken(origin, {
      ...client,
      ...{ grant_type: 'authorization_code', code, redirect_uri: callback },
    });
    return body.refresh_token;
  };
  const revoked = await fetch(`${origin}/token/revocation`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: app.id, client_secret: app.secret ?? '', token: await redeem() }),
  });
  expect(revoked.status).toBe(200);
  const replayed = { ...client, grant_type: 'refresh_token', refresh_token: await redeem() };
  expect((await requestToken(origin, replayed)).status).toBe(200);
  clock.advance(3_600_000);
  expect((await requestToken(origin, replayed)).body.error).toBe('invalid_grant');
  expect(await originsOf(person.id, before)).toEqual(
    all('user.signed_in', 'consent.granted', 'grant.revoked', 'token.replayed'),
  );

  const registered = await fetch(`${origin}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Registered', redirect_uris: [callback] }),
  });
  expect(registered.status).toBe(201);
  const events = await services.db('audit_events').where({ action: 'client.registered' });
  expect(events.map(({ request_id, personal }) => [request_id, personal.address?.value])).toEqual([
    [registered.headers.get('x-request-id'), '127.0.0.1'],
  ]);
});

test('what a reset ends of an account whose address was not proven before', async () => {
  const { person, act, before } = await signedIn();
  await act('/console/keys/new?product=haas', '/console/keys/new', { name: 'CI', environment: 'test' });
  await services.db('api_keys').where({ user_id: person.id }).update({ vouched: false });
  await services.db('users').where({ id: person.id }).update({ email_verified_at: null });
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/forgot'), '/forgot'), { email: person.email });
  const response = await fetch(`${origin}/dev/mail.json?to=${encodeURIComponent(person.email)}`);
  const { mails } = (await response.json()) as { mails: Array<{ links: string[] }> };
  const link = mails[0]?.links.find((one) => one.includes('/reset')) ?? '';
  const fields = { password: 'an entirely new password' };
  expect((await browser.submit(formTo(await browser.get(link), '/reset'), fields)).status).toBe(303);
  expect(await originsOf(person.id, before)).toMatchObject(
    all('key.revoked', 'user.password_reset_requested', 'user.password_reset'),
  );
});
