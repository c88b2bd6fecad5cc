/**
 * One browser, several tabs, more than one person.
 */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  obtainCode,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer();
const app = await createApp(services, { plan: 'enterprise' });
const other = await createApp(services, { product: 'openhuman' });

const query = (client: { id: string }, parameters: Record<string, string> = {}) =>
  `/authorize?${new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: client === app ? 'status:read' : 'read',
    ...parameters,
  })}`;
const open = async (browser: FormBrowser, client = app, parameters = {}) =>
  browser.follow(await browser.get(query(client, parameters)));
const newPerson = async () => {
  const { id, email, password } = await createPerson(services);
  return { id, fields: { email, password } };
};
type Person = Awaited<ReturnType<typeof newPerson>>;
const signIn = async (browser: FormBrowser, page: Page, person: Person) =>
  browser.follow(await browser.submit(formTo(page, '/signin'), person.fields));
const response = async (browser: FormBrowser, page: Page, decision = 'allow') =>
  browser.follow(await browser.submit(formTo(page, '/consent'), { decision }));
const codeOf = (page: Page) => new URL(String(page.location)).searchParams.get('code');
const grantsOf = (person: Person) => services.db('grants').where({ user_id: person.id });
const sessionCookie = (browser: FormBrowser) =>
  browser.cookies().find(({ name }) => name === 'latchkey_session')?.value;

describe('a session id that was known before somebody signed in', () => {
  test('is another one after, on the way to an app and on our own page', async () => {
    const person = await newPerson();
    for (const start of [query(app), '/signin']) {
      const victim = new FormBrowser(origin);
      // A session without a person, as signing out by an app's request makes one.
      await victim.get('/session/end');
      const planted = sessionCookie(victim);
      const cookie = victim.cookieHeader('/');
      await signIn(victim, await victim.follow(await victim.get(start)), person);
      expect(sessionCookie(victim)).not.toBe(planted);
      expect((await victim.get('/signin')).status).toBe(303);
      const thief = await fetch(`${origin}/signin`, { headers: { cookie }, redirect: 'manual' });
      expect(thief.status).toBe(200);
    }
  });

  test('and one of another person opens nothing of the next', async () => {
    const [first, second] = [await newPerson(), await newPerson()];
    const browser = new FormBrowser(origin);
    await signIn(browser, await open(browser), first);
    const cookie = browser.cookieHeader('/');
    await signIn(browser, await open(browser, app, { prompt: 'login' }), second);
    const old = await fetch(`${origin}/signin`, { headers: { cookie }, redirect: 'manual' });
    expect(old.status).toBe(200);
    expect((await browser.get('/signin')).status).toBe(303);
  });
});

describe('several tabs', () => {
  test('two apps ask at once, the person signs in once and answers both in any order', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    const [first, second] = [await open(browser, app), await open(browser, other)];
    const consentFirst = await signIn(browser, first, person);
    const consentSecond = await browser.follow(await browser.get(new URL(second.url).pathname));
    expect(consentSecond.html).toContain('name="decision"');
    expect(codeOf(await response(browser, consentSecond))).not.toBeNull();
    expect(codeOf(await response(browser, consentFirst))).not.toBeNull();
  });

  test('both sign in and answer at the very same time', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    const pages = await Promise.all([open(browser, app), open(browser, other), open(browser, app)]);
    const consents = await Promise.all(pages.map((page) => signIn(browser, page, person)));
    const answered = await Promise.all(consents.map((page) => response(browser, page)));
    expect(answered.map((page) => codeOf(page) !== null)).toEqual([true, true, true]);
    expect((await browser.get('/signin')).status).toBe(303);
    clock.advance(120_000);
    expect((await browser.get('/signin')).status).toBe(303);
    const sessions = await services
      .db('browser_sessions')
      .where({ user_id: person.id, revoked_at: null, ended_at: null });
    expect(sessions).toHaveLength(1);
  });

  test('with consent remembered, ten requests at once all get their code', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    await response(browser, await signIn(browser, await open(browser), person));
    const pages = await Promise.all(Array.from({ length: 10 }, () => open(browser)));
    expect(new Set(pages.map(codeOf)).size).toBe(10);
    expect((await browser.get('/signin')).status).toBe(303);
  });

  test('a question to one person is not answered by another who signed in meanwhile', async () => {
    const [first, second] = [await newPerson(), await newPerson()];
    const browser = new FormBrowser(origin);
    const question = await signIn(browser, await open(browser), first);
    await signIn(browser, await open(browser, other, { prompt: 'login' }), second);
    for (const decision of ['allow', 'deny']) {
      const page = await response(browser, question, decision);
      expect([page.status, page.location]).toEqual([400, undefined]);
    }
    expect(await grantsOf(first)).toEqual([]);
    expect(await grantsOf(second)).toEqual([]);
    expect(await services.db('consents').where({ user_id: first.id })).toEqual([]);
  });

  test('nor by anybody after signing out', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    const question = await signIn(browser, await open(browser), person);
    const out = await browser.get('/signout');
    await browser.submit(formTo(out, '/signout'), { logout: 'yes' });
    expect((await response(browser, question)).status).toBe(400);
    expect(await grantsOf(person)).toEqual([]);
  });

  test('a form of one browser is worth nothing in another', async () => {
    const [first, second] = [await newPerson(), await newPerson()];
    const [mine, theirs] = [new FormBrowser(origin), new FormBrowser(origin)];
    const question = await signIn(mine, await open(mine), first);
    await signIn(theirs, await open(theirs), second);
    const page = await theirs.submit(formTo(question, '/consent'), { decision: 'allow' });
    expect([400, 403]).toContain(page.status);
    expect([...(await grantsOf(first)), ...(await grantsOf(second))]).toEqual([]);
  });

  test('somebody else may sign in for the same question, and is who answers', async () => {
    const [first, second] = [await newPerson(), await newPerson()];
    const browser = new FormBrowser(origin);
    await response(browser, await signIn(browser, await open(browser, other), first));
    const waiting = await open(browser, app, { prompt: 'login' });
    const page = await response(browser, await signIn(browser, waiting, second));
    expect(codeOf(page)).not.toBeNull();
    expect(await grantsOf(second)).toHaveLength(1);
    const live = { revoked_at: null, ended_at: null };
    expect(await services.db('browser_sessions').where({ user_id: first.id, ...live })).toEqual([]);
  });

  test('"not you?" asks the same question of whoever signs in then', async () => {
    const [first, second] = [await newPerson(), await newPerson()];
    const browser = new FormBrowser(origin);
    const question = await signIn(browser, await open(browser, app, { state: 'kept' }), first);
    const again = await browser.follow(await browser.submit(formTo(question, '/switch')));
    const page = await response(browser, await signIn(browser, again, second));
    expect(codeOf(page)).not.toBeNull();
    expect(new URL(String(page.location)).searchParams.get('state')).toBe('kept');
    expect(await grantsOf(first)).toEqual([]);
    expect(await grantsOf(second)).toHaveLength(1);
  });
});

describe('the same answer twice', () => {
  test('a double click gives one grant, and every click leads on', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    const question = await signIn(browser, await open(browser), person);
    const form = formTo(question, '/consent');
    const clicks = await Promise.all(
      Array.from({ length: 5 }, () => browser.submit(form, { decision: 'allow' })),
    );
    expect(clicks.map(({ status }) => status)).toEqual([303, 303, 303, 303, 303]);
    expect(new Set(clicks.map(({ location }) => location)).size).toBe(1);
    expect(codeOf(await browser.follow(clicks[4] as Page))).not.toBeNull();
    expect(await grantsOf(person)).toHaveLength(1);
  });

  test('allow and deny at once: one of them stands', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    const form = formTo(await signIn(browser, await open(browser), person), '/consent');
    const [allowed, denied] = await Promise.all([
      browser.submit(form, { decision: 'allow' }),
      browser.submit(form, { decision: 'deny' }),
    ]);
    expect([allowed.status, denied.status]).toEqual([303, 303]);
    const code = codeOf(await browser.follow(denied));
    expect(await grantsOf(person)).toHaveLength(code === null ? 0 : 1);
  });

  test('the back button after an answer finds that it was given', async () => {
    for (const decision of ['allow', 'deny']) {
      const person = await newPerson();
      const browser = new FormBrowser(origin);
      const question = await signIn(browser, await open(browser), person);
      await response(browser, question, decision);
      const grants = await grantsOf(person);
      const again = await response(browser, question, 'allow');
      expect([again.status, again.location]).toEqual([400, undefined]);
      expect(again.html).toContain('This request is over');
      expect((await browser.get(new URL(question.url).pathname)).status).toBe(400);
      expect(await grantsOf(person)).toEqual(grants);
    }
  });

  test('the way back to the app is gone once', async () => {
    const browser = new FormBrowser(origin);
    const question = await signIn(browser, await open(browser), await newPerson());
    const sent = await browser.submit(formTo(question, '/consent'), { decision: 'allow' });
    expect(codeOf(await browser.get(String(sent.location)))).not.toBeNull();
    const again = await browser.get(String(sent.location));
    expect([again.status, again.location]).toEqual([400, undefined]);
  });

  test('closing the tab before the answer leaves nothing behind', async () => {
    const person = await newPerson();
    const browser = new FormBrowser(origin);
    await signIn(browser, await open(browser), person);
    expect(await grantsOf(person)).toEqual([]);
    expect(await services.db('consents').where({ user_id: person.id })).toEqual([]);
    expect(await services.db('oidc_records').where({ account_id: `usr_${person.id}` })).toEqual([]);
  });
});

test('what was remembered for 30 days ends after 30 days, however often it was used', async () => {
  const person = await newPerson();
  await obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person.fields, { duration: '30d' });
  const day = 86_400_000;
  const expiries = async () =>
    (await grantsOf(person)).map((grant: { expires_at: Date }) =>
      Math.round(grant.expires_at.getTime() / 1000),
    );
  const [end] = await expiries();
  clock.advance(20 * day);
  const browser = new FormBrowser(origin);
  const { answer: again, page } = await authorize(
    browser,
    { client_id: app.id, scope: 'status:read' },
    person.fields,
  );
  expect([again.get('code') !== null, page.status]).toEqual([true, 303]);
  for (const expiry of await expiries()) expect(Math.abs(expiry - Number(end))).toBeLessThanOrEqual(2);
  clock.advance(11 * day);
  const asked = await open(browser);
  expect(asked.html).toContain('name="decision"');
});
