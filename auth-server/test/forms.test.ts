/** What happens to a form that cannot be accepted at once: nothing that was typed is lost, nothing is done twice. */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import { createApp, createPerson, credentialsOf, startAuthServer } from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();

async function signedIn() {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  return { person, browser };
}

const newKeyForm = async (browser: FormBrowser) =>
  formTo(await browser.get('/console/keys/new?product=hitl'), '/console/keys/new');

const typed = { name: 'Night shift', permissions: ['loops:read'], expires_on: '2031-05-01' };

function expectTyped(page: Page): void {
  const { fields } = formTo(page, '/console/keys/new');
  expect(Object.fromEntries(fields)).toMatchObject({ name: 'Night shift', expires_on: '2031-05-01' });
  expect(fields.getAll('permissions')).toEqual(['loops:read']);
}

test('a form whose token is gone comes back with everything typed, and then works', async () => {
  const { browser, person } = await signedIn();
  const form = await newKeyForm(browser);
  browser.dropCookies('csrf');
  const stale = await browser.submit(form, typed);
  expect(stale.status).toBe(403);
  expect(stale.html).toContain('This page was open for too long');
  expectTyped(stale);
  const made = await browser.submit(formTo(stale, '/console/keys/new'));
  expect(made.status).toBe(200);
  expect(await services.db('api_keys').where({ user_id: person.id })).toHaveLength(1);
});

test('a form without a token that another site could have sent is refused, and its fields are not shown', async () => {
  const { browser } = await signedIn();
  for (const site of ['cross-site', 'same-site', 'none']) {
    const fields = new URLSearchParams({ name: 'Attacker', product: 'hitl', csrf: 'guessed' });
    const page = await browser.post('/console/keys/new', fields, { 'sec-fetch-site': site });
    expect(page.status).toBe(403);
    expect(page.html).not.toContain('Attacker');
    expect(page.html).toContain('We did not accept this form');
  }
});

test('a button whose token is gone can be pressed again', async () => {
  const { browser, person } = await signedIn();
  await browser.submit(await newKeyForm(browser), typed);
  const form = formTo(await browser.get('/console/keys'), '/roll');
  browser.dropCookies('csrf');
  const stale = await browser.submit(form);
  expect(stale.status).toBe(403);
  expect((await browser.submit(formTo(stale, '/roll'))).html).toContain('We keep only a fingerprint');
  expect(await services.db('api_keys').where({ user_id: person.id })).toHaveLength(2);
});

test('a session that ended while a form was filled in loses nothing: after signing in, the form is there', async () => {
  const { browser, person } = await signedIn();
  const form = await newKeyForm(browser);
  browser.dropCookies('session');
  const signIn = await browser.follow(await browser.submit(form, typed));
  expect(signIn.html).toContain('You were signed out. Sign in, and what you typed is there again.');
  const back = await browser.follow(await browser.submit(formTo(signIn, '/signin'), credentialsOf(person)));
  expect(back.html).toContain('Nothing was saved yet');
  expectTyped(back);
  expect((await browser.submit(formTo(back, '/console/keys/new'))).status).toBe(200);
  expect((await newKeyForm(browser)).fields.get('name')).toBe('');
});

test('a form is kept for ten minutes, never with a password', async () => {
  const { browser, person } = await signedIn();
  const form = formTo(await browser.get('/account/security'), '/email');
  browser.dropCookies('session');
  const signIn = await browser.follow(
    await browser.submit(form, { new_email: 'kept@example.com', password: person.password }),
  );
  clock.advance(601_000);
  const late = await browser.follow(await browser.submit(formTo(signIn, '/signin'), credentialsOf(person)));
  expect(late.html).not.toContain('kept@example.com');

  const again = formTo(await browser.get('/account/security'), '/email');
  browser.dropCookies('session');
  const soon = await browser.follow(
    await browser.submit(again, { new_email: 'kept@example.com', password: person.password }),
  );
  const page = await browser.follow(await browser.submit(formTo(soon, '/signin'), credentialsOf(person)));
  expect(formTo(page, '/account/security/email').fields.get('new_email')).toBe('kept@example.com');
  expect(page.html).not.toContain(person.password);
});

test('of 50 parallel submissions of a form one makes a key, and the others lead to it', async () => {
  const { browser, person } = await signedIn();
  const form = await newKeyForm(browser);
  const pages = await Promise.all(Array.from({ length: 50 }, () => browser.submit(form, typed)));
  const keys = await services.db('api_keys').where({ user_id: person.id });
  expect(keys).toHaveLength(1);
  expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
  const others = pages.filter(({ status }) => status === 303);
  expect(new Set(others.map(({ location }) => location))).toEqual(
    new Set([`${origin}/console/keys/${keys[0].id}?done=key-made-before`]),
  );
  expect(others).toHaveLength(49);
  expect((await browser.follow(others[0] as Page)).html).toContain('roll it to get a new one');
}, 120_000);

test('a form that was refused can be corrected and sent again', async () => {
  const { browser, person } = await signedIn();
  const form = await newKeyForm(browser);
  expect((await browser.submit(form, { ...typed, name: '' })).status).toBe(400);
  expect((await browser.submit(form, typed)).status).toBe(200);
  expect(await services.db('api_keys').where({ user_id: person.id })).toHaveLength(1);
});

test('reloading makes no second app, no second secret and no second roll', async () => {
  const { browser, person } = await signedIn();
  const newApp = formTo(await browser.get('/console/apps/new'), '/console/apps/new');
  const app = { name: 'Errands', product: 'haas', redirect_uris: 'https://errands.example/cb' };
  expect((await browser.submit(newApp, app)).status).toBe(200);
  const reloaded = await browser.follow(await browser.submit(newApp, app));
  expect(reloaded.html).toContain('this is the app that it registered');
  expect(await services.db('oauth_clients').where({ user_id: person.id })).toHaveLength(1);

  const secret = formTo(reloaded, '/secrets');
  await browser.submit(secret, { secret_name: 'Second' });
  await browser.submit(secret, { secret_name: 'Second' });
  const [client] = await services.db('oauth_clients').where({ user_id: person.id });
  expect(await services.db('oauth_client_secrets').where({ client_id: client.id })).toHaveLength(2);

  await browser.submit(await newKeyForm(browser), typed);
  const roll = formTo(await browser.get('/console/keys'), '/roll');
  await browser.submit(roll);
  expect((await browser.submit(roll)).location).toContain('key-made-before');
  expect(await services.db('api_keys').where({ user_id: person.id })).toHaveLength(2);
});

test('a blank new name comes back at its field, in a sentence, with the focus there', async () => {
  const { browser } = await signedIn();
  await browser.submit(await newKeyForm(browser), typed);
  const page = await browser.submit(formTo(await browser.get('/console/keys'), '/rename'), { name: '   ' });
  expect(page.status).toBe(400);
  expect(page.html).toMatch(/id="name-error"[^>]*>Name must have/);
  expect(page.html).toMatch(/<input[^>]*id="name"[^>]*autofocus/);
});

test('what is done in the console is in the audit log with where it came from', async () => {
  const { browser, person } = await signedIn();
  await browser.submit(await newKeyForm(browser), typed);
  await browser.submit(formTo(await browser.get('/console/keys'), '/disable'));
  const app = await createApp(services, { userId: person.id });
  await browser.submit(formTo(await browser.get(`/console/apps/${app.id}`), '/disable'));
  const events = await services.db('audit_events').where({ account_id: person.id });
  for (const action of ['key.created', 'key.disabled', 'client.disabled']) {
    const event = events.find((one) => one.action === action);
    expect(event).toMatchObject({ request_id: expect.stringMatching(/^req_/) });
    expect(event?.personal?.address?.value).toBe('127.0.0.1');
  }
  expect((await browser.get('/console/audit')).html).toContain('127.0.0.1');
});
