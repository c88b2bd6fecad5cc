/** GET and HEAD change nothing that a link in a mail leads to, and HEAD runs no step of an authorization. */

import { requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { requestPasswordReset } from '../../shared/identity/sign-in/password-reset.js';
import { resendVerification } from '../../shared/identity/sign-in/sign-up.js';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import { createTestUser, getMailedToken, testPassword } from '../../shared/testing/people.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

const open = (path: string, method: string, cookie = '') =>
  fetch(origin + path, { method, redirect: 'manual', headers: { cookie, accept: 'text/html' } });

const userRow = (id: string) => services.db('users').where({ id }).first();

test('a scanner that opens every mailed link of the authorization server changes no account and uses no link', async () => {
  const waiting = await createTestUser(services, { verified: false });
  await resendVerification(services, { email: waiting.email }, {});
  const forgetful = await createTestUser(services);
  await requestPasswordReset(services, { email: forgetful.email }, {});
  const moving = await createTestUser(services);
  const newEmail = 'moved@example.com';
  await requestEmailChange(services, { userId: moving.id, password: testPassword, newEmail }, {});
  const before = await Promise.all([waiting, forgetful, moving].map(({ id }) => userRow(id)));
  for (const path of [
    `/verify?token=${await getMailedToken(services, waiting.email)}`,
    `/reset?token=${await getMailedToken(services, forgetful.email)}`,
    `/verify/change?token=${await getMailedToken(services, newEmail)}`,
  ]) {
    for (const method of ['HEAD', 'GET', 'HEAD']) expect((await open(path, method)).status).toBe(200);
  }
  expect(await Promise.all([waiting, forgetful, moving].map(({ id }) => userRow(id)))).toEqual(before);
  expect(await services.db('email_links').whereNotNull('used_at')).toEqual([]);
});

test('HEAD of an authorization with remembered consent makes no grant and no code', async () => {
  const [person, app] = [await createPerson(services), await createApp(services)];
  const browser = new FormBrowser(origin);
  await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
  const query = new URLSearchParams({
    response_type: 'code',
    redirect_uri: callback,
    client_id: app.id,
    scope: 'status:read',
  });
  const count = async () => [
    await services.db('grants').where({ user_id: person.id }).count(),
    await services.db('oidc_records').where({ model: 'AuthorizationCode' }).count(),
  ];
  const before = await count();
  for (const path of ['/authorize', '/oauth/authorize', '/interaction/some-uid', '/device', '/session/end']) {
    const response = await open(`${path}?${query}`, 'HEAD', browser.cookieHeader('/authorize'));
    expect([path, response.status, response.headers.get('location')]).toEqual([path, 405, null]);
  }
  expect(await count()).toEqual(before);
  const followed = await browser.get(`/authorize?${query}`);
  expect(followed.location).toContain('code=');
});
