/**
 * What stands on every page and answer, and how cookies are set, over https.
 */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  startAuthServer,
} from '../testing/authorization-flow.js';

const issuer = 'https://auth.example';
const { services, origin } = await startAuthServer({ issuer });
const person = await createPerson(services);
const app = await createApp(services);
const open = await createApp(services, { public: true, redirectUris: ['https://spa.example/cb'] });
const query = new URLSearchParams({ client_id: app.id, response_type: 'code', redirect_uri: callback });

/** Every kind of page that a person can meet on the way, in order. */
async function walk(): Promise<Record<string, Page>> {
  const { email, password } = person;
  const browser = new FormBrowser(issuer, origin);
  const start = await browser.get(`/authorize?${query}`);
  const signIn = await browser.follow(start);
  const wrong = await browser.submit(formTo(signIn, '/signin'), { email: person.email, password: 'x' });
  const signedIn = await browser.submit(formTo(signIn, '/signin'), { email, password });
  const consent = await browser.follow(signedIn);
  const allowed = await browser.submit(formTo(consent, '/consent'), { decision: 'allow' });
  const answered = await browser.follow(allowed);
  return {
    start,
    signIn,
    wrong,
    signedIn,
    consent,
    allowed,
    answered,
    over: await browser.get(new URL(consent.url).pathname),
    protocolError: await browser.get('/authorize?client_id=x'),
    foreignForm: await browser.post('/signin', new URLSearchParams({ email: 'x' })),
    notFound: await browser.get('/nowhere'),
    ownSignIn: await new FormBrowser(issuer, origin).get('/signin'),
    signOut: await browser.get('/session/end'),
    signOutAlone: await new FormBrowser(issuer, origin).get('/session/end'),
    signedOut: await browser.get('/session/end/success'),
  };
}

const pages = await walk();
const all = Object.entries(pages);
const html = all.filter(([, page]) => page.headers.get('content-type')?.includes('text/html'));

test('the walk met what it should', () => {
  expect(pages.answered?.location).toContain(`${callback}?code=`);
  expect(pages.wrong?.status).toBe(401);
  expect(pages.over?.status).toBe(400);
  expect(pages.foreignForm?.status).toBe(403);
  expect(html.length).toBeGreaterThanOrEqual(10);
});

const headerOfAll = (name: string) => all.map(([page, { headers }]) => [page, headers.get(name)]);
const onAll = (value: unknown) => all.map(([page]) => [page, value]);

test('no page can be framed', () => {
  expect(headerOfAll('content-security-policy')).toEqual(
    onAll(expect.stringContaining("frame-ancestors 'none'")),
  );
  expect(headerOfAll('x-frame-options')).toEqual(onAll('DENY'));
});

test('forms lead on by 303, so that no password is posted once more', () => {
  expect([pages.signedIn?.status, pages.allowed?.status]).toEqual([303, 303]);
});

describe('what a page reveals and loads', () => {
  test('no page sends a Referer', () => {
    expect(headerOfAll('referrer-policy')).toEqual(onAll('no-referrer'));
  });

  test.each(html)('%s loads nothing from elsewhere and runs nothing inline', (_name, page) => {
    const loads = [...page.html.matchAll(/<(?:script|link|img|iframe|source|form)\b[^>]*>/g)].map(
      ([tag]) => tag,
    );
    for (const tag of loads) {
      const [, address] = /\s(?:src|href|action)="([^"]*)"/.exec(tag) ?? [];
      expect(new URL(String(address), issuer).origin).toBe(issuer);
    }
    const policy = String(page.headers.get('content-security-policy'));
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:\/\/(?!app\.example)|\*/);
    expect(page.html).not.toMatch(/\son[a-z]+=|javascript:|\sstyle="|<script>|<style/i);
  });
});

test('another site can read nothing of the pages', async () => {
  for (const path of [`/authorize?${query}`, '/signin', '/session/end', '/interaction/x']) {
    const headers = { origin: 'https://evil.example' };
    const response = await fetch(`${origin}${path}`, { headers, redirect: 'manual' });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  }
});

describe('the token endpoint, across origins', () => {
  const ask = (client_id: string, from: string, method = 'POST') =>
    fetch(`${origin}/token`, {
      method,
      headers: {
        origin: from,
        ...(method === 'OPTIONS' ? { 'access-control-request-method': 'POST' } : {}),
      },
      body: method === 'POST' ? new URLSearchParams({ client_id, grant_type: 'refresh_token' }) : null,
    });

  test.each(['null', 'https://evil.example', 'https://spa.example.evil.example', 'http://spa.example'])(
    'is not there for Origin %s',
    async (from) => {
      const response = await ask(open.id, from);
      expect(response.status).toBe(400);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('is not there for Origin null because an app has a scheme of its own', async () => {
    const native = await createApp(services, { public: true, columns: { redirect_uris: ['cursor://cb'] } });
    const response = await ask(native.id, 'null');
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([400, null]);
  });

  test('is there for a public client’s own page, without cookies', async () => {
    const response = await ask(open.id, 'https://spa.example');
    expect(response.headers.get('access-control-allow-origin')).toBe('https://spa.example');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect((await ask(open.id, 'https://spa.example', 'OPTIONS')).status).toBe(204);
  });

  test('is not there for a client with a secret', async () => {
    const response = await ask(app.id, new URL(callback).origin);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('pages, redirects and the way back with the code are kept nowhere', () => {
  expect(headerOfAll('cache-control')).toEqual(onAll(expect.stringContaining('no-store')));
});

describe('cookies', () => {
  const lines = all.flatMap(([, page]) => page.headers.getSetCookie());
  const names = new Set(lines.map((line) => line.split('=')[0]?.replace(/(?<=csrf_)[\w-]{6}$/, '…')));

  test('have names that bind them to https and to this host', () => {
    expect(names).toEqual(
      new Set([
        '__Host-latchkey_csrf_…',
        '__Host-latchkey_known',
        '__Host-latchkey_session',
        '__Host-latchkey_session.sig',
        '__Secure-latchkey_interaction',
        '__Secure-latchkey_interaction.sig',
        '__Secure-latchkey_resume',
        '__Secure-latchkey_resume.sig',
      ]),
    );
  });

  test('are for http alone, over https alone, from this site alone', () => {
    for (const line of lines) {
      expect(line).toMatch(/;\s*httponly/i);
      expect(line).toMatch(/;\s*secure/i);
      expect(line).toMatch(/;\s*samesite=lax/i);
      expect(line).not.toMatch(/;\s*domain=/i);
      if (line.startsWith('__Host-')) expect(line).toMatch(/;\s*path=\/(;|$)/i);
    }
  });

  test('of which one was changed are worth nothing', async () => {
    const browser = new FormBrowser(issuer, origin);
    await authorize(browser, { client_id: app.id }, person);
    const cookies = browser.cookies().filter(({ path }) => path === '/');
    const signedIn = async (change: (name: string, value: string) => string) => {
      const cookie = cookies.map(({ name, value }) => `${name}=${change(name, value)}`).join('; ');
      const response = await fetch(`${origin}/signin`, { headers: { cookie }, redirect: 'manual' });
      return response.status === 303;
    };
    expect(await signedIn((_name, value) => value)).toBe(true);
    expect(await signedIn((name, value) => (name.endsWith('.sig') ? `${value}x` : value))).toBe(false);
    expect(await signedIn((name, value) => (name.endsWith('_session') ? `${value}x` : value))).toBe(false);
  });
});

test('every answer says that this host speaks https, and that its type is what it says', () => {
  expect(headerOfAll('strict-transport-security')).toEqual(
    onAll(expect.stringMatching(/^max-age=\d{8}; includeSubDomains$/)),
  );
  expect(headerOfAll('x-content-type-options')).toEqual(onAll('nosniff'));
});
