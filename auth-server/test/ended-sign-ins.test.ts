import { setImmediate } from 'node:timers/promises';
import { disableUser, enableUser } from '../../shared/identity/account-status.js';
import { endGrants } from '../../shared/identity/oauth/grants.js';
import { findLiveAccessToken } from '../../shared/identity/oauth/oidc-records.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import { findClient } from '../clients/client-registry.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const operator = { kind: 'operator', id: 'cli' } as const;
const app = await createApp(services);
const parameters = { client_id: app.id, state: 's' };
const credentials = { client_id: app.id, client_secret: app.secret };

/** An app that someone connected, and the browser that they did it in. */
async function connect() {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  const { answer: response } = await authorize(browser, parameters, person);
  const code = response.get('code') ?? '';
  const redemption = { grant_type: 'authorization_code', code, redirect_uri: callback, ...credentials };
  const { body } = await requestToken(origin, redemption);
  return { person, browser, refreshToken: String(body.refresh_token) };
}

const refresh = (refreshToken: string) =>
  requestToken(origin, { grant_type: 'refresh_token', refresh_token: refreshToken, ...credentials });

const isAskedToSignIn = async (browser: FormBrowser): Promise<boolean> => {
  const query = new URLSearchParams({ response_type: 'code', redirect_uri: callback, ...parameters });
  const page = await browser.follow(await browser.get(`/authorize?${query}`));
  return page.html.includes('name="password"');
};

test('a refresh token is invalid_grant after the password changed, and every browser signs in anew', async () => {
  const { person, browser, refreshToken } = await connect();
  expect(await isAskedToSignIn(browser)).toBe(false);
  await changePassword(
    services,
    { userId: person.id, currentPassword: person.password, newPassword: 'an entirely new one' },
    {},
  );
  expect(await refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await isAskedToSignIn(browser)).toBe(true);
});

test('a refresh token is invalid_grant after the person was disabled, and nobody gets in', async () => {
  const { person, browser, refreshToken } = await connect();
  await disableUser(services, person.id, operator);
  expect(await refresh(refreshToken)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await isAskedToSignIn(browser)).toBe(true);
  const { answer: response, page } = await authorize(browser, parameters, person);
  expect(response.get('code')).toBeNull();
  expect(page.html).toContain('name="password"');
});

test('the app of a disabled developer is no app, until they are enabled again', async () => {
  const { refreshToken } = await connect();
  const untilHeard = async (active: boolean) => {
    while ((await findClient(services, app.id))?.active !== active) await setImmediate();
  };
  await disableUser(services, app.userId, operator);
  await untilHeard(false);
  expect(await refresh(refreshToken)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  await enableUser(services, app.userId, operator);
  await untilHeard(true);
  expect(await refresh(refreshToken)).toMatchObject({ status: 200 });
});

/** Resolves once this many connections to our database wait for a lock. */
async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await services.db.raw(
      `select count(*) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rows[0].count >= count) return;
  }
}

test('a refresh that meets the end of its grant brings no token that outlives it', async () => {
  const { person, refreshToken } = await connect();
  const lock = await services.db.transaction();
  await lock('grants').where({ user_id: person.id }).forUpdate();
  const ending = endGrants(services, { user_id: person.id }, operator);
  await untilWaiting(1);
  const refreshing = refresh(refreshToken);
  await untilWaiting(2);
  await lock.commit();
  expect(await ending).toHaveLength(1);
  expect(await refreshing).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('the end of a grant that meets a refresh in the middle takes its new tokens along', async () => {
  const { person, refreshToken } = await connect();
  const lock = await services.db.transaction();
  await lock('grants').where({ user_id: person.id }).forUpdate();
  const refreshing = refresh(refreshToken);
  await untilWaiting(1);
  const ending = endGrants(services, { user_id: person.id }, operator);
  await untilWaiting(2);
  await lock.commit();
  const { status, body } = await refreshing;
  expect(status).toBe(200);
  expect(await ending).toHaveLength(1);
  expect(await findLiveAccessToken(services, body.access_token)).toBeUndefined();
  expect(await refresh(body.refresh_token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});
