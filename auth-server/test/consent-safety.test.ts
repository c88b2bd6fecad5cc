/**
 * Consent is exactly what the person decided on our own page. The file also tests when a person is asked again.
 */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const app = await createApp(services, {
  plan: 'enterprise',
  redirectUris: [callback, 'https://app.example/second', 'https://other.example/callback'],
});

const query = (clientId: string, parameters: Record<string, string> = {}) =>
  new URLSearchParams({ client_id: clientId, response_type: 'code', redirect_uri: callback, ...parameters });

async function reachConsent(clientId = app.id, parameters: Record<string, string> = {}) {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  const signIn = await browser.follow(await browser.get(`/authorize?${query(clientId, parameters)}`));
  const fields = { email: person.email, password: person.password };
  const page = await browser.follow(await browser.submit(formTo(signIn, '/signin'), fields));
  return { person, browser, page, form: formTo(page, '/consent') };
}

const grantsOf = (person: { id: string }) => services.db('grants').where({ user_id: person.id });

describe('an answer that is not from our page', () => {
  test.each<[string, (fields: URLSearchParams) => void]>([
    ['without a token', (fields) => fields.delete('csrf')],
    ['with an empty token', (fields) => fields.set('csrf', '')],
    ['with a made-up token', (fields) => fields.set('csrf', 'A'.repeat(43))],
  ])('is refused %s', async (_name, spoil) => {
    const { person, browser, form } = await reachConsent();
    const fields = new URLSearchParams(form.fields);
    fields.set('decision', 'allow');
    spoil(fields);
    const page = await browser.post(form.action, fields);
    expect([page.status, page.location]).toEqual([403, undefined]);
    expect(await grantsOf(person)).toEqual([]);
    expect((await browser.submit(form, { decision: 'allow' })).status).toBe(303);
  });

  test('is refused with the token of another browser', async () => {
    const [mine, theirs] = [await reachConsent(), await reachConsent()];
    const fields = { decision: 'allow', csrf: String(theirs.form.fields.get('csrf')) };
    expect((await mine.browser.submit(mine.form, fields)).status).toBe(403);
    expect(await grantsOf(mine.person)).toEqual([]);
  });

  test('is refused when the browser says that another site sent it', async () => {
    const { person, browser, form } = await reachConsent();
    const body = new URLSearchParams(form.fields);
    body.set('decision', 'allow');
    const headers = { cookie: browser.cookieHeader(form.action), 'sec-fetch-site': 'cross-site' };
    const options = { method: 'POST', headers, body, redirect: 'manual' } as const;
    expect((await fetch(origin + form.action, options)).status).toBe(403);
    expect(await grantsOf(person)).toEqual([]);
  });

  test('is refused by GET, and as anything but a form', async () => {
    const { person, browser, form } = await reachConsent();
    const body = new URLSearchParams(form.fields);
    body.set('decision', 'allow');
    expect((await browser.get(`${form.action}?${body}`)).status).toBe(405);
    const cookie = browser.cookieHeader(form.action);
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x']) {
      const response = await fetch(origin + form.action, {
        method: 'POST',
        headers: { cookie, 'content-type': type },
        body: body.toString(),
        redirect: 'manual',
      });
      expect([type, response.status]).toEqual([type, 403]);
    }
    expect(await grantsOf(person)).toEqual([]);
  });

  test('signs nobody in either', async () => {
    const { email, password } = await createPerson(services);
    const browser = new FormBrowser(origin);
    await browser.get('/signin');
    expect((await browser.post('/signin', new URLSearchParams({ email, password }))).status).toBe(403);
    expect((await browser.get('/signin')).status).toBe(200);
  });
});

describe('an answer with more than was asked', () => {
  test('grants nothing that was not asked for', async () => {
    const { person, browser, form } = await reachConsent(app.id, { scope: 'status:read' });
    const scope = ['status:read', 'profile:read', 'tasks:dispatch', 'openid', '*'];
    await browser.follow(await browser.submit(form, { decision: 'allow', scope }));
    expect((await grantsOf(person)).map((grant: { scopes: string[] }) => grant.scopes)).toEqual([
      ['status:read'],
    ]);
  });

  test('cannot stretch the time', async () => {
    const { person, browser, form } = await reachConsent(app.id, { scope: 'status:read' });
    await browser.submit(form, { decision: 'allow', duration: 'forever' });
    expect((await grantsOf(person)).map((grant: { duration: string }) => grant.duration)).toEqual(['always']);
  });

  test('no button, or another one, is a no', async () => {
    for (const decision of [undefined, 'yes', 'ALLOW', ['deny', 'allow']]) {
      const { person, browser, form } = await reachConsent();
      const page = await browser.follow(await browser.submit(form, { decision }));
      expect(page.location).toContain('error=access_denied');
      expect(await grantsOf(person)).toEqual([]);
    }
  });

  test('a scope that the app may not ask for is not on the page', async () => {
    const { page } = await reachConsent(app.id, { scope: 'status:read admin read write nonsense' });
    const shown = [...page.html.matchAll(/name="scope" value="([^"]*)"/g)].map(([, value]) => value);
    expect(shown).toEqual(['status:read']);
  });
});

describe('a person is asked again', () => {
  const consented = async () => {
    const person = await createPerson(services);
    const browser = new FormBrowser(origin);
    await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
    const isAsked = async (parameters: Record<string, string>) => {
      const start = `/authorize?${query(app.id, { scope: 'status:read', ...parameters })}`;
      return (await browser.follow(await browser.get(start))).html.includes('name="decision"');
    };
    return { person, browser, isAsked };
  };

  test('for another scope, for another redirect host, and when the app wants it; else not', async () => {
    const { isAsked } = await consented();
    expect(await isAsked({})).toBe(false);
    expect(await isAsked({ redirect_uri: 'https://app.example/second' })).toBe(false);
    expect(await isAsked({ scope: 'status:read profile:read' })).toBe(true);
    expect(await isAsked({ redirect_uri: 'https://other.example/callback' })).toBe(true);
    expect(await isAsked({ prompt: 'consent' })).toBe(true);
  });

  test('each time by an app that registered itself', async () => {
    const stranger = await createApp(services, {
      columns: { self_registered: true, user_id: null, product: null },
    });
    const { browser, form } = await reachConsent(stranger.id, { scope: 'status:read' });
    await browser.follow(await browser.submit(form, { decision: 'allow', duration: 'always' }));
    const page = await browser.follow(await browser.get(`/authorize?${query(stranger.id)}`));
    expect(page.html).toContain('name="decision"');
  });

  test('never by a first-party app', async () => {
    const own = await createApp(services, { firstParty: true });
    const person = await createPerson(services);
    const browser = new FormBrowser(origin);
    const { answer } = await authorize(browser, { client_id: own.id, scope: 'status:read' }, person);
    expect(answer.get('code')).not.toBeNull();
    expect(await services.db('consents').where({ user_id: person.id })).toEqual([]);
  });
});

describe('what strangers write is inert', () => {
  const hostile = '</title><script>alert(1)</script><img src=x onerror=alert(2)>"\'`\u202Egnp.exe';

  /** No markup of the stranger's, and no character that changes what is read. */
  function expectInert(page: Page): void {
    expect(page.html).not.toMatch(/<script>|<img/);
    expect(page.html).not.toContain('\u202E');
    expect(page.html.match(/<title>/g)).toHaveLength(1);
    expect(page.html.match(/<script/g)).toHaveLength(1);
  }

  test('the name of an app, of its maker and of the person', async () => {
    const maker = await createPerson(services, { human: false });
    const named = await createApp(services, { userId: maker.id, columns: { name: hostile } });
    await services.db('users').where({ id: maker.id }).update({ name: hostile });
    const { person, browser, page } = await reachConsent(named.id);
    expect(page.html).toContain('&lt;script');
    expectInert(page);
    await services.db('users').where({ id: person.id }).update({ name: hostile });
    expectInert(await browser.get(new URL(page.url).pathname));
    const signIn = new FormBrowser(origin);
    expectInert(
      await signIn.follow(await signIn.get(`/authorize?${query(named.id, { login_hint: hostile })}`)),
    );
  });

  test('parameters, on error pages and in the address that leads back', async () => {
    const stops = [
      query(hostile),
      query(app.id, { redirect_uri: hostile }),
      query(app.id, { redirect_uri: `https://evil.example/${hostile}`, state: hostile }),
    ];
    for (const stop of stops) expectInert(await new FormBrowser(origin).get(`/authorize?${stop}`));
    const wrong = { prompt: hostile, scope: hostile, state: hostile };
    const { location, html } = await new FormBrowser(origin).get(`/authorize?${query(app.id, wrong)}`);
    expect(new URL(String(location)).origin).toBe(new URL(callback).origin);
    expect(html).not.toContain('<script>alert');
    const stranger = await createApp(services, {
      columns: { self_registered: true, user_id: null, product: null, name: hostile },
    });
    expectInert(await new FormBrowser(origin).get(`/authorize?${query(stranger.id, wrong)}`));
  });

  test('what a form brings back', async () => {
    const { browser, page, form } = await reachConsent();
    expectInert(await browser.submit(form, { decision: 'allow', scope: [hostile] }));
    expectInert(page);
    const own = new FormBrowser(origin);
    const signIn = await own.get(`/signin?return_to=${encodeURIComponent(`//evil.example/${hostile}`)}`);
    expectInert(signIn);
    const typed = hostile.replace('\u202E', '');
    const again = await own.submit(formTo(signIn, '/signin'), { email: typed, password: typed });
    expectInert(again);
    expect(again.html).not.toContain('evil.example');
  });

  test('a redirect after our own sign-in stays with us', async () => {
    const { email, password } = await createPerson(services);
    for (const target of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/\t/evil.example',
    ]) {
      const browser = new FormBrowser(origin);
      const page = await browser.get(`/signin?return_to=${encodeURIComponent(target)}`);
      const done = await browser.submit(formTo(page, '/signin'), { email, password, return_to: target });
      expect([target, new URL(String(done.location)).origin]).toEqual([target, origin]);
    }
  });
});
