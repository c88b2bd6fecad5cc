/** From the sign-up form to being signed in, by link and by code, in this browser and in another. */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import {
  callback,
  createApp,
  createPerson,
  credentialsOf,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

interface Mail {
  subject: string;
  links: string[];
  code: string | null;
}

async function lastMailTo(address: string): Promise<Mail> {
  const response = await fetch(`${origin}/dev/mail.json?to=${encodeURIComponent(address)}`);
  const { mails } = (await response.json()) as { mails: Mail[] };
  if (!mails[0]) throw new Error(`no mail to ${address}`);
  return mails[0];
}

let count = 0;

async function signUp(fields: Record<string, string> = {}, returnTo?: string) {
  count += 1;
  const browser = new FormBrowser(origin);
  const person = { email: `sign-up-${count}@example.com`, password: 'a password that is long' };
  const query = returnTo ? `?return_to=${encodeURIComponent(returnTo)}` : '';
  const form = formTo(await browser.get(`/signup${query}`), '/signup');
  const page = await browser.submit(form, { name: 'Nia', ...person, ...fields });
  return { browser, page, ...person };
}

const verifyLink = (mail: Mail) => mail.links.find((link) => link.includes('/verify')) ?? '';

test('the link signs in the browser that signed up, and leads to where the person wanted to go', async () => {
  const { browser, email } = await signUp({}, '/console/apps');
  const asked = await browser.get(verifyLink(await lastMailTo(email)));
  const done = await browser.submit(formTo(asked, '/verify'));
  expect(done.html).toContain('You are signed in.');
  expect(done.html).toContain('href="/console/apps"');
  expect((await browser.get('/console/apps')).status).toBe(200);
});

test('in another browser the link confirms the address and asks to sign in', async () => {
  const { email } = await signUp();
  const other = new FormBrowser(origin);
  const asked = await other.get(verifyLink(await lastMailTo(email)));
  const done = await other.submit(formTo(asked, '/verify'));
  expect(done.html).toContain('Sign in to go on.');
  expect((await other.get('/console/keys')).location).toContain('/signin');
  expect((await services.db('users').where({ email }))[0].email_verified_at).not.toBeNull();
});

test('the code of the mail does the same, typed with a space, once, and only where the person signed up', async () => {
  const { page, browser, email } = await signUp();
  const { code } = await lastMailTo(email);
  const typed = `${code?.slice(0, 3)} ${code?.slice(3)}`;
  const other = new FormBrowser(origin);
  const token = formTo(await other.get('/signup'), '/signup').fields.get('csrf') ?? '';
  const stolen = await other.post('/verify/code', new URLSearchParams({ csrf: token, code: typed }));
  expect(stolen.status).toBe(400);
  const wrong = await browser.submit(formTo(page, '/verify/code'), { code: '000000' });
  expect(wrong.status).toBe(code === '000000' ? 200 : 400);
  const done = await browser.submit(formTo(page, '/verify/code'), { code: typed });
  expect(done.html).toContain('You are signed in.');
  expect((await browser.submit(formTo(page, '/verify/code'), { code: typed })).status).toBe(400);
});

test.each([
  ['no', '/console/keys', 0],
  ['yes', '/account/profile', 1],
])('with takes_tasks=%s one lands on %s', async (takesTasks, path, humans) => {
  const { browser, email } = await signUp({ takes_tasks: takesTasks });
  const asked = await browser.get(verifyLink(await lastMailTo(email)));
  expect((await browser.submit(formTo(asked, '/verify'))).html).toContain(`href="${path}"`);
  const [user] = await services.db('users').where({ email });
  expect(await services.db('humans').where({ user_id: user.id })).toHaveLength(humans);
});

test('every error of the form is shown at once, in sentences, and the fields keep what was typed', async () => {
  const { page } = await signUp({ name: ' ', email: 'nobody@', password: 'short' });
  expect(page.status).toBe(400);
  for (const name of ['name', 'email', 'password'])
    expect(page.html).toMatch(new RegExp(`id="${name}-error"[^>]*>[A-Z]`));
  expect(formTo(page, '/signup').fields.get('email')).toBe('nobody@');
  expect(page.html.match(/autofocus/g)).toHaveLength(1);
});

test('a link that no longer works says so before anybody types anything', async () => {
  const browser = new FormBrowser(origin);
  for (const path of [
    '/reset?token=nonsense',
    '/verify?token=nonsense',
    '/verify/change?token=nonsense',
    '/reset',
  ]) {
    const page = await browser.get(path);
    expect(page.status).toBe(400);
    expect(page.html).toContain('This link no longer works');
    expect(page.html).not.toContain('name="password"');
  }
});

test('a password that was forgotten on the way to an app leads back to the app', async () => {
  const person = await createPerson(services);
  const app = await createApp(services);
  const browser = new FormBrowser(origin);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read',
  });
  const signIn = await browser.follow(await browser.get(`/authorize?${query}`));
  const forgot = await browser.get(
    /href="(\/forgot[^"]*)"/.exec(signIn.html)?.[1]?.replaceAll('&amp;', '&') ?? '',
  );
  await browser.submit(formTo(forgot, '/forgot'), { email: person.email });
  const reset = await browser.get(
    (await lastMailTo(person.email)).links.find((link) => link.includes('/reset')) ?? '',
  );
  expect(reset.html).toMatch(new RegExp(`value="${person.email}"[^>]*autocomplete="username"`));
  const password = 'another long password';
  const changed = await browser.follow(await browser.submit(formTo(reset, '/reset'), { password }));
  expect(changed.html).toContain('Your password is changed');
  const back = await browser.follow(
    await browser.submit(formTo(changed, '/signin'), credentialsOf({ email: person.email, password })),
  );
  expect(back.html).toContain('name="decision"');
});
