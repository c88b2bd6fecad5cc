/**
 * The developer console, as a browser without script meets it.
 */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { createPerson, credentialsOf, requestToken, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

async function signedIn() {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  return { person, browser };
}

/** The value that a page shows once, in its copyable field. */
const shownKey = (html: string) =>
  /\b(?:haas_(?:live|test)_sk_|hitl_live_|ah_live_|sk_)\w+/.exec(html)?.[0] ?? '';

/** A client secret, which stands in a copyable field of its own. */
const shownSecret = (html: string) => /<code[^>]*>([\w-]{43})<\/code>/.exec(html)?.[1] ?? '';

test('whoever is not signed in is sent to sign in, and comes back to the page they wanted', async () => {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  const page = await browser.follow(await browser.get('/console/apps'));
  expect(page.url).toContain('/signin?return_to=%2Fconsole%2Fapps');
  const back = await browser.follow(await browser.submit(formTo(page, '/signin'), credentialsOf(person)));
  expect(back.url).toBe(`${origin}/console/apps`);
});

test('a key is made, shown once, renamed, disabled, enabled, rolled and deleted', async () => {
  const { browser, person } = await signedIn();
  const form = formTo(await browser.get('/console/keys/new?product=haas'), '/console/keys/new');
  const shown = await browser.submit(form, { name: 'Build server', environment: 'test' });
  expect(shown.status).toBe(200);
  const key = shownKey(shown.html);
  expect(key).toMatch(/^haas_test_sk_\w{42}$/);
  expect(shown.html).toContain('We keep only a fingerprint of it');

  const list = await browser.get('/console/keys');
  expect(list.html).toContain('Build server');
  expect(list.html).not.toContain(key);
  const act = async (action: string, fields = {}) =>
    browser.submit(formTo(await browser.get('/console/keys'), `/${action}`), fields);

  expect((await browser.follow(await act('rename', { name: 'CI' }))).html).toContain('CI');
  expect((await browser.follow(await act('disable'))).html).toContain('data-state="disabled"');
  expect((await browser.follow(await act('enable'))).html).toContain('data-state="active"');
  const rolled = await act('roll', { grace_seconds: '3600' });
  expect(shownKey(rolled.html)).toMatch(/^haas_test_sk_/);
  expect(shownKey(rolled.html)).not.toBe(key);
  expect((await browser.follow(await act('delete'))).html).toContain('data-state="revoked"');
  expect(await services.db('api_keys').where({ user_id: person.id })).toHaveLength(2);
});

test('wrong fields come back with words at the field, and nothing is made', async () => {
  const { browser, person } = await signedIn();
  const form = formTo(await browser.get('/console/keys/new?product=hitl'), '/console/keys/new');
  const page = await browser.submit(form, { name: '', permissions: ['loops:read'] });
  expect(page.status).toBe(400);
  expect(page.html).toContain('id="name-error"');
  expect(await services.db('api_keys').where({ user_id: person.id })).toEqual([]);
});

test('an app is registered, its secret works, a second one takes over, and deleting asks for the name', async () => {
  const { browser } = await signedIn();
  const shown = await browser.submit(formTo(await browser.get('/console/apps/new'), '/console/apps/new'), {
    name: 'Errands',
    product: 'openhuman',
    redirect_uris: 'https://errands.example/cb\nhttp://127.0.0.1:8000/cb',
  });
  const clientId = /app_[0-9a-f]{24}/.exec(shown.html)?.[0] ?? '';
  const secret = shownSecret(shown.html);
  const credentials = (client_secret: string) => ({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret,
  });
  expect((await requestToken(origin, credentials(secret))).status).toBe(200);

  const details = await browser.get(`/console/apps/${clientId}`);
  expect(details.html).not.toContain(secret);
  const added = await browser.submit(formTo(details, '/secrets'), { secret_name: 'Second' });
  const second = shownSecret(added.html);
  expect((await requestToken(origin, credentials(second))).status).toBe(200);

  const wrong = await browser.submit(
    formTo(await browser.get(`/console/apps/${clientId}`), `${clientId}/delete`),
    {
      confirm: 'x',
    },
  );
  expect(wrong.status).toBe(400);
  const gone = await browser.submit(
    formTo(await browser.get(`/console/apps/${clientId}`), `${clientId}/delete`),
    {
      confirm: 'Errands',
    },
  );
  expect((await browser.follow(gone)).html).not.toContain(clientId);
});

test('a redirect URI that may not be is refused with its reason', async () => {
  const { browser } = await signedIn();
  const page = await browser.submit(formTo(await browser.get('/console/apps/new'), '/console/apps/new'), {
    name: 'Bad',
    product: 'haas',
    redirect_uris: 'http://evil.example/cb',
  });
  expect(page.status).toBe(400);
  expect(page.html).toContain('must be https');
});

test('what belongs to another person is not there', async () => {
  const owner = await signedIn();
  const form = formTo(await owner.browser.get('/console/keys/new?product=haas'), '/console/keys/new');
  await owner.browser.submit(form, { name: 'Mine' });
  const [key] = await services.db('api_keys').where({ user_id: owner.person.id });
  const { browser } = await signedIn();
  expect((await browser.get(`/console/keys/${key.id}`)).status).toBe(404);
  const token = formTo(await browser.get('/console/keys/new?product=haas'), '/console/keys/new').fields.get(
    'csrf',
  );
  const posted = await browser.post(
    `/console/keys/${key.id}/delete`,
    new URLSearchParams({ csrf: token ?? '' }),
  );
  expect(posted.status).toBe(404);
  expect((await services.db('api_keys').where({ id: key.id }))[0].status).toBe('active');
});

test.each(['/console/usage', '/console/audit', '/console/plans', '/console/keys', '/console/apps'])(
  '%s is there for a new account and says what would be here',
  async (path) => {
    const { browser } = await signedIn();
    const page = await browser.get(path);
    expect(page.status).toBe(200);
    expect(page.html).toContain('<h1');
    expect(page.headers.get('cache-control')).toBe('no-store');
  },
);
