/**
 * What holds for the pages on the way to an app (no framing, CSRF tokens, no referrer, no caching) holds for every other page
 * and form of this server. The list of addresses is the one that links and router are made from.
 */
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { paths } from '../pages/paths.js';
import { createPerson, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

const actions = ['rename', 'roll', 'disable', 'enable', 'delete', 'secrets'];

/** Each address, with an id that nobody has, and with every action that it could take. */
const addresses = Object.values(paths).flatMap((path): string[] => {
  if (typeof path === 'string') return [path];
  const make = path as (id: string, action?: string) => string;
  return [...new Set([make('nobody'), ...actions.map((action) => make('nobody', action))])];
});
const all = [...new Set([...addresses, '/device', '/interaction/nobody', '/session/end'])];

const person = await createPerson(services);
const browser = new FormBrowser(origin);
const fields = { email: person.email, password: person.password };
await browser.submit(formTo(await browser.get(paths.signIn), paths.signIn), fields);

test('the list is the whole of it', () => {
  expect(all.length).toBeGreaterThan(35);
});

test.each(all)('GET %s: framed by nobody, kept nowhere, nothing from elsewhere, no Referer', async (path) => {
  for (const visitor of [browser, new FormBrowser(origin)]) {
    const { status, headers, html } = await visitor.get(path);
    expect([200, 303, 400, 404, 405]).toContain(status);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(html).not.toMatch(/(?:src|href|action)="(?:https?:)?\/\/(?!127\.0\.0\.1)/);
    expect(html).not.toMatch(/<script>|<style|\son[a-z]+=|\sstyle="/);
  }
});

// A POST to /session/end goes on as a GET, which asks first (OpenID Connect RP-Initiated Logout 1.0 section 2).
const formPaths = all.filter((path) => path !== '/session/end');

test.each(formPaths)('POST %s: nothing without this browser’s token', async (path) => {
  const everything = { ...fields, name: 'x', code: 'x', confirm: 'yes', logout: 'yes', decision: 'allow' };
  const before = await changes();
  const tokens: Record<string, string>[] = [{}, { csrf: '' }, { csrf: 'A'.repeat(43) }];
  for (const token of tokens) {
    const { status, location } = await browser.post(path, new URLSearchParams({ ...everything, ...token }));
    expect([path, status, location]).toEqual([path, expect.any(Number), undefined]);
    expect([400, 403, 404, 405]).toContain(status);
  }
  expect(await changes()).toEqual(before);
  expect((await browser.get(paths.keys)).status).toBe(200);
});

/** What a forged form could have changed. */
async function changes() {
  const count = async (table: string) => (await services.db(table).count())[0]?.count;
  const { rows } = await services.db.raw('select * from users order by id');
  return [
    rows,
    await count('api_keys'),
    await count('oauth_clients'),
    await count('mails'),
    await count('humans'),
  ];
}
