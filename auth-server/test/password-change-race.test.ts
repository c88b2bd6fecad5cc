/** A sign-in with the old password while the password is changed leaves no session. */
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import { beginTransaction } from '../../shared/services.js';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { callback, createApp, createPerson, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

const newPassword = 'another long battery';

const change = (person: { id: string; password: string }) =>
  changePassword(
    services,
    { userId: person.id, currentPassword: person.password, newPassword },
    { address: '192.0.2.1' },
  );

const liveSessions = (userId: string) =>
  services.db('browser_sessions').where({ user_id: userId, revoked_at: null }).pluck('uid');

/** Settles when a statement of this database waits for a lock. */
async function lockWaits(): Promise<void> {
  for (;;) {
    const { rows } = await services.db.raw(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
  }
}

test('a sign-in whose password was compared before a password change is committed leaves no session', async () => {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  const form = formTo(await browser.get('/signin'), '/signin');
  const { tx, commit } = await beginTransaction(services);
  await tx.db('users').where({ id: person.id }).increment('token_version', 1);
  await endSessions(tx, { user_id: person.id });
  const { email, password } = person;
  const signingIn = browser.submit(form, { email, password });
  await lockWaits();
  await commit();
  expect((await signingIn).status).toBe(401);
  expect(await liveSessions(person.id)).toEqual([]);
  expect((await browser.get('/account/security')).location).toContain('/signin');
});

test('after 50 sign-ins with the old password around a password change nobody is signed in', async () => {
  const person = await createPerson(services);
  const browsers = Array.from({ length: 50 }, () => new FormBrowser(origin));
  const forms = await Promise.all(browsers.map(async (one) => formTo(await one.get('/signin'), '/signin')));
  const { email, password } = person;
  const attempts = forms.map((form, index) => browsers[index]?.submit(form, { email, password }));
  await Promise.all([...attempts, change(person)]);
  expect(await liveSessions(person.id)).toEqual([]);
});

test('a sign-in on the way to an app ends when the password is changed before the app gets its code', async () => {
  const person = await createPerson(services);
  const app = await createApp(services, { plan: 'enterprise' });
  const browser = new FormBrowser(origin);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read',
  });
  const page = await browser.follow(await browser.get(`/authorize?${query}`));
  const { email, password } = person;
  const accepted = await browser.submit(formTo(page, '/signin'), { email, password });
  expect(accepted.status).toBe(303);
  await change(person);
  const after = await browser.follow(accepted);
  expect(after.status).toBe(400);
  expect(after.html).not.toContain('name="decision"');
  expect(await liveSessions(person.id)).toEqual([]);
});

test('the session in which the password was changed goes on, also towards an app', async () => {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  const { email, password } = person;
  await browser.submit(formTo(await browser.get('/signin'), '/signin'), { email, password });
  const security = await browser.get('/account/security');
  const changed = await browser.submit(formTo(security, '/password'), {
    current_password: password,
    new_password: newPassword,
  });
  expect(changed.location).toContain('done=password-changed');
  const app = await createApp(services, { plan: 'enterprise' });
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read',
  });
  const page = await browser.follow(await browser.get(`/authorize?${query}`));
  expect(page.html).toContain('name="decision"');
});
