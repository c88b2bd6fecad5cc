/** What the console's pages say and where their links lead. */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  callback,
  createApp,
  createPerson,
  credentialsOf,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

async function signedIn() {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), credentialsOf(person));
  return { person, browser };
}

test('the audit trail of a key or an app shows what happened to it, by name, and nothing else', async () => {
  const { browser, person } = await signedIn();
  const key = formTo(await browser.get('/console/keys/new?product=haas'), '/console/keys/new');
  await browser.submit(key, { name: 'Night shift' });
  const app = await createApp(services, { userId: person.id });
  const [{ id }] = await services.db('api_keys').where({ user_id: person.id });
  for (const [page, name, action, other] of [
    [`/console/keys/${id}`, 'Night shift', 'key.created', 'client.created'],
    [`/console/apps/${app.id}`, 'Errand Bot', 'client.created', 'key.created'],
  ] as const) {
    const link = /href="(\/console\/audit\?subject=[^"]+)"/.exec((await browser.get(page)).html)?.[1] ?? '';
    const { html } = await browser.get(link);
    expect(html).toContain(`<strong><bdi>${name}</bdi></strong>`);
    expect(html).toContain(action);
    expect(html).not.toContain(`${other}</code>`);
    expect(html).not.toContain('user.signed_in</code>');
  }
});

test('the last secret of an app is not removed', async () => {
  const { browser, person } = await signedIn();
  const app = await createApp(services, { userId: person.id });
  const page = await browser.get(`/console/apps/${app.id}`);
  const refused = await browser.submit(formTo(page, '/delete'), {});
  expect(refused.status).toBe(409);
  expect(refused.html).toContain('the only secret');
  await browser.submit(formTo(page, '/secrets'), { secret_name: 'Second' });
  const two = await browser.get(`/console/apps/${app.id}`);
  expect((await browser.submit(formTo(two, '/delete'), {})).status).toBe(303);
  expect(await services.db('oauth_client_secrets').where({ client_id: app.id })).toHaveLength(1);
});

test('a product whose keys are not made here filters nothing, and the page says where they are', async () => {
  const { browser } = await signedIn();
  for (const path of ['/console/keys', '/console/usage']) {
    const { html } = await browser.get(`${path}?product=humanping`);
    expect(html).toMatch(/aria-current="true">All</);
    expect(html).not.toMatch(/product=humanping/);
  }
  expect((await browser.get('/console/keys')).html).toContain('register over the API');
});

test('the link of an app that is switched off says so, in plain words', async () => {
  const app = await createApp(services, { columns: { disabled_at: new Date(), name: 'Errands' } });
  const query = new URLSearchParams({ client_id: app.id, response_type: 'code', redirect_uri: callback });
  const { html } = await new FormBrowser(origin).get(`/authorize?${query}`);
  expect(html).toContain('Errands is switched off');
  expect(html).not.toContain('invalid_client');
});

test('an app that was allowed and never called is told as not used yet', async () => {
  const { browser, person } = await signedIn();
  const app = await createApp(services);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read',
  });
  const consent = await browser.follow(await browser.get(`/authorize?${query}`));
  await browser.follow(await browser.submit(formTo(consent, '/consent'), { decision: 'allow' }));
  expect((await browser.get('/account')).html).toContain('not used yet');
  await services.db('grants').where({ user_id: person.id }).update({ used_at: services.clock.now() });
  expect((await browser.get('/account')).html).toContain('last used');
});
