/**
 * The account pages: connected apps, sign-ins, password and address, profile. And the way in: sign-up and reset.
 */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();

async function signIn(person: { email: string; password: string }) {
  const browser = new FormBrowser(origin);
  const page = await browser.submit(formTo(await browser.get('/signin'), '/signin'), person);
  return { browser, page };
}

async function mailsTo(address: string): Promise<Array<{ subject: string; links: string[]; text: string }>> {
  const response = await fetch(`${origin}/dev/mail.json?to=${encodeURIComponent(address)}`);
  return ((await response.json()) as { mails: Array<{ subject: string; links: string[]; text: string }> })
    .mails;
}

const linkTo = (links: string[] | undefined, path: string) =>
  links?.find((link) => link.includes(path)) ?? '';

test('someone signs up, opens the link in the mail, and is verified', async () => {
  const browser = new FormBrowser(origin);
  const email = 'newcomer@example.com';
  const password = 'a password that is long';
  const asked = await browser.submit(formTo(await browser.get('/signup'), '/signup'), {
    name: 'Newcomer',
    email,
    password,
    takes_tasks: 'yes',
  });
  expect(asked.status).toBe(200);
  const [mail] = await mailsTo(email);
  const link = linkTo(mail?.links, '/verify');
  const page = await browser.get(link);
  expect((await services.db('users').where({ email }))[0].email_verified_at).toBeNull();
  const done = await browser.submit(formTo(page, '/verify'));
  expect(done.status).toBe(200);
  const [user] = await services.db('users').where({ email });
  expect(user.email_verified_at).not.toBeNull();
  expect(await services.db('humans').where({ user_id: user.id })).toHaveLength(1);
  // Sent again within a moment it reads success; later the link is used.
  expect((await browser.submit(formTo(page, '/verify'))).status).toBe(200);
  clock.advance(11_000);
  expect((await browser.submit(formTo(page, '/verify'))).status).toBe(400);
});

test('signing up with a known address looks the same, and its owner is told', async () => {
  const person = await createPerson(services);
  const signUp = async (email: string) => {
    const browser = new FormBrowser(origin);
    const page = await browser.submit(formTo(await browser.get('/signup'), '/signup'), {
      name: 'X',
      email,
      password: 'a password that is long',
    });
    return page.html.replaceAll(email, 'ADDRESS').replaceAll(/value="[\w-]{43}"/g, '');
  };
  expect(await signUp(person.email)).toBe(await signUp('unknown-address@example.com'));
});

test('a forgotten password is replaced by the link, once, and old sessions end', async () => {
  const person = await createPerson(services);
  const { browser: old } = await signIn(person);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get('/forgot'), '/forgot'), { email: person.email });
  const [mail] = await mailsTo(person.email);
  const page = await browser.get(linkTo(mail?.links, '/reset'));
  const password = 'an entirely new password';
  expect((await browser.submit(formTo(page, '/reset'), { password })).status).toBe(303);
  expect((await browser.submit(formTo(page, '/reset'), { password })).status).toBe(400);
  expect((await signIn(person)).page.status).toBe(401);
  expect((await signIn({ email: person.email, password })).page.status).toBe(303);
  expect((await old.get('/account')).location).toContain('/signin');
});

test('a connected app stands with its scopes, and revoking it ends its tokens at once', async () => {
  const person = await createPerson(services);
  const app = await createApp(services);
  const browser = new FormBrowser(origin);
  const { answer } = await authorize(browser, { client_id: app.id, scope: 'status:read tasks:read' }, person);
  const client = { client_id: app.id, client_secret: app.secret };
  const { body } = await requestToken(origin, {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    redirect_uri: callback,
    ...client,
  });
  const page = await browser.get('/account');
  expect(page.html).toContain('Errand Bot');
  expect(page.html).toContain('tasks:read');
  const after = await browser.follow(await browser.submit(formTo(page, '/revoke')));
  expect(after.html).not.toContain('tasks:read');
  const refreshed = await requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
    ...client,
  });
  expect(refreshed.body.error).toBe('invalid_grant');
  const { page: askedAgain } = await authorizeUntilConsent(browser, app.id);
  expect(askedAgain.html).toContain('name="decision"');
});

async function authorizeUntilConsent(browser: FormBrowser, clientId: string): Promise<{ page: Page }> {
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read',
  });
  return { page: await browser.follow(await browser.get(`/authorize?${query}`)) };
}

test('sign-ins are listed and ended, one or all others', async () => {
  const person = await createPerson(services);
  const [one, two, three] = [await signIn(person), await signIn(person), await signIn(person)];
  const page = await one.browser.get('/account/sessions');
  const ended = await one.browser.submit(formTo(page, '/end'));
  expect(ended.status).toBe(303);
  const rest = await one.browser.get('/account/sessions');
  await one.browser.submit(formTo(rest, '/end-others'));
  expect((await one.browser.get('/account')).status).toBe(200);
  for (const { browser } of [two, three])
    expect((await browser.get('/account')).location).toContain('/signin');
});

test('the password changes with the old one only, and other sign-ins end', async () => {
  const person = await createPerson(services);
  const [here, elsewhere] = [await signIn(person), await signIn(person)];
  const form = formTo(await here.browser.get('/account/security'), '/password');
  const wrong = await here.browser.submit(form, {
    current_password: 'not it',
    new_password: 'a new long password',
  });
  expect(wrong.status).toBe(400);
  const right = await here.browser.submit(form, {
    current_password: person.password,
    new_password: 'a new long password',
  });
  expect(right.status).toBe(303);
  expect((await here.browser.get('/account')).status).toBe(200);
  expect((await elsewhere.browser.get('/account')).location).toContain('/signin');
});

test('a new address counts once its link was opened', async () => {
  const person = await createPerson(services);
  const { browser } = await signIn(person);
  const form = formTo(await browser.get('/account/security'), '/email');
  await browser.submit(form, { new_email: 'moved@example.com', password: person.password });
  const page = await browser.get(linkTo((await mailsTo('moved@example.com'))[0]?.links, '/verify/change'));
  expect(page.html).toContain('instead of your old address');
  const changed = await browser.submit(formTo(page, '/verify/change'));
  expect(changed.status).toBe(200);
  expect(changed.html).toContain('From now on you sign in with');
  expect((await services.db('users').where({ id: person.id }))[0].email).toBe('moved@example.com');
});

test('a profile is saved, and what is wrong in it is said at the field', async () => {
  const person = await createPerson(services);
  const { browser } = await signIn(person);
  const form = formTo(await browser.get('/account/profile'), '/profile');
  const wrong = await browser.submit(form, { time_zone: 'Middle/Earth' });
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain('time_zone-error');
  await browser.submit(form, {
    skills: 'Spanish, plumbing',
    about: 'Hello.',
    quiet_from: '22:00',
    quiet_to: '07:00',
    time_zone: 'Europe/Madrid',
    availability: 'busy',
  });
  expect((await services.db('humans').where({ id: person.id }))[0]).toMatchObject({
    skills: ['Spanish', 'plumbing'],
    accepts_tasks: false,
    quiet_hours: { from: '22:00', to: '07:00' },
    time_zone: 'Europe/Madrid',
  });
});

test('development mail is a page, too', async () => {
  const browser = new FormBrowser(origin);
  expect((await browser.get('/dev/mail')).status).toBe(200);
});

test('an account is erased with its address and password, and can be made anew', async () => {
  const person = await createPerson(services);
  const { browser } = await signIn(person);
  const form = formTo(await browser.get('/account/erase'), '/erase');
  expect(
    (await browser.submit(form, { confirm: 'wrong@example.com', password: person.password })).status,
  ).toBe(400);
  expect((await browser.submit(form, { confirm: person.email, password: 'wrong' })).status).toBe(400);
  const erased = await browser.submit(form, { confirm: person.email, password: person.password });
  expect(erased.html).toContain('Your account is erased');
  expect(erased.html).not.toContain('go on as before');
  expect((await mailsTo(person.email))[0]?.subject).toBe('Your account is erased');
  expect((await browser.get('/account')).location).toContain('/signin');
  expect((await signIn(person)).page.status).toBe(401);
  expect(await services.db('users').where({ email: person.email })).toEqual([]);
});
