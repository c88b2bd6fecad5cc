/** An account that has not confirmed its email signs in to the console and makes no credentials there. */

import { createAgent } from '../../shared/identity/people/agents.js';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { createTestUser, getNewestMail, testPassword } from '../../shared/testing/people.js';
import { startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

async function signIn(email: string): Promise<FormBrowser> {
  const browser = new FormBrowser(origin);
  const form = formTo(await browser.get('/signin'), '/signin');
  const page = await browser.submit(form, { email, password: testPassword });
  expect(page.status).toBe(303);
  return browser;
}

test('the console makes no key and no app before the email is confirmed, and says why', async () => {
  const user = await createTestUser(services, { verified: false });
  const browser = await signIn(user.email);
  const key = await browser.submit(formTo(await browser.get('/console/keys/new'), '/console/keys/new'), {
    name: 'Mine',
  });
  const app = await browser.submit(formTo(await browser.get('/console/apps/new'), '/console/apps/new'), {
    name: 'Mine',
    product: 'haas',
    redirect_uris: 'https://app.example/callback',
  });
  for (const page of [key, app]) {
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.html).toContain('Confirm your email address first');
  }
  expect(await services.db('api_keys').where({ user_id: user.id })).toEqual([]);
  expect(await services.db('oauth_clients').where({ user_id: user.id })).toEqual([]);
  await services.db('users').where({ id: user.id }).update({ email_verified_at: new Date() });
  const made = await browser.submit(formTo(await browser.get('/console/keys/new'), '/console/keys/new'), {
    name: 'Mine',
  });
  expect(made.status).toBe(200);
});

test('the console shows an unclaimed agent to whoever proved its email, and mails them the link', async () => {
  const email = 'mailbox@example.com';
  await createAgent(services, { name: 'Errand agent', email });
  const squatter = await createTestUser(services, { email, verified: false });
  const before = await (await signIn(email)).get('/console/keys');
  expect(before.html).not.toContain('Errand agent');
  await services.db('users').where({ id: squatter.id }).update({ email_verified_at: new Date() });
  await services.db('agents').where({ email }).update({ mailbox_proven_at: new Date() });
  const browser = await signIn(email);
  const page = await browser.get('/console/keys');
  expect(page.html).toContain('Errand agent');
  await browser.submit(formTo(page, '/console/agents/claim'));
  const mail = await getNewestMail(services, email);
  expect(mail.links[0]).toContain('/humanping/api/v1/agents/recover-key?token=');
});
