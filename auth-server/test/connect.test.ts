/** The page on which a person connects somebody for their agent to ask. */
import { createConnectLink } from '../../shared/identity/people/connect-links.js';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { createPerson, credentialsOf, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const person = await createPerson(services);

async function signedIn(who: { email: string; password: string }): Promise<FormBrowser> {
  const browser = new FormBrowser(origin);
  const page = await browser.get('/signin');
  await browser.submit(formTo(page, '/signin'), credentialsOf(who));
  return browser;
}

const makeLink = (invites = true) =>
  createConnectLink(services, {
    accountId: person.id,
    environment: 'live',
    kind: 'task',
    missing: 'Nobody has agreed to take tasks from you yet.',
    invites,
  });

const usedLinks = () => services.db('connect_links').whereNotNull('used_at');

test('somebody who is not signed in is asked to, and comes back', async () => {
  const path = `/connect/${await makeLink()}`;
  const page = await new FormBrowser(origin).get(path);
  expect(page.location).toBe(`${origin}/signin?return_to=${encodeURIComponent(path)}`);
});

test('looking at the page changes nothing; its form invites once', async () => {
  const browser = await signedIn(person);
  const path = `/connect/${await makeLink()}`;
  const page = await browser.get(path);
  await browser.get(path);
  expect(page.html).toContain('Nobody has agreed to take tasks from you yet.');
  expect(await usedLinks()).toEqual([]);
  const wrong = await browser.submit(formTo(page, path), { email: 'nobody' });
  expect(wrong.status).toBe(400);
  const sent = await browser.submit(formTo(wrong, path), { email: 'friend@example.com' });
  expect(sent.location).toBe(`${origin}/connected?as=owner`);
  expect(await usedLinks()).toHaveLength(1);
  expect((await browser.get(path)).status).toBe(404);
});

test('the page does not exist for another person', async () => {
  const browser = await signedIn(await createPerson(services));
  expect((await browser.get(`/connect/${await makeLink()}`)).status).toBe(404);
});

test('where nobody is invited there is a button and no field', async () => {
  const browser = await signedIn(person);
  const page = await browser.get(`/connect/${await makeLink(false)}`);
  expect(page.html).not.toContain('name="email"');
});

test.each([
  ['?code=x', 'You are connected'],
  ['?error=access_denied', 'Nothing was shared'],
])('an invitation that was answered with %s ends on a page that says "%s"', async (query, title) => {
  const page = await new FormBrowser(origin).get(`/connected${query}`);
  expect([page.status, page.html.includes(title)]).toEqual([200, true]);
});
