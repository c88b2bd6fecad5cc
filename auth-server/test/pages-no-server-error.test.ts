/**
 * Whatever a browser sends to a page, the fault is its own. The pages, their forms, the fields of these and the names
 * of queries are what a walk through the pages finds: a new form is covered from the day a page shows it.
 */
import { randomUUID } from 'node:crypto';
import { createConnectLink } from '../../shared/identity/people/connect-links.js';
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import { hostileEncodings, hostileFields, hostileTexts } from '../../shared/testing/hostile-texts.js';
import { paths } from '../pages/paths.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  credentialsOf,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';
import { type FoundForm, listForms, shapeOf } from '../testing/page-forms.js';

const { services, origin } = await startAuthServer({ rateLimitFactor: 100_000 });

async function signIn() {
  const person = await createPerson(services);
  const browser = new FormBrowser(origin);
  await browser.submit(formTo(await browser.get(paths.signIn), paths.signIn), credentialsOf(person));
  return { person, browser };
}

const { person, browser } = await signIn();
const app = await createApp(services, { userId: person.id });
const asking = new URLSearchParams({
  client_id: app.id,
  response_type: 'code',
  redirect_uri: callback,
  scope: 'status:read',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
});
const connectPath = paths.connect(
  await createConnectLink(services, {
    accountId: person.id,
    environment: 'live',
    kind: 'task',
    missing: 'Nobody has agreed to take tasks from you yet.',
    invites: true,
  }),
);

const texts = Object.values(paths).filter((path) => typeof path === 'string');
const starts = [...texts, `${paths.devMail}.json`, connectPath, '/device', '/session/end', '/dev/none'];
const found = { pages: new Map<string, string>(), forms: new Map<string, FoundForm>() };
const queryNames = new Set(['to']);

/** Keeps what a page shows, and gives the pages that it leads to. */
function look(page: Page): string[] {
  const links = [...page.html.matchAll(/\shref="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  for (const form of listForms(page, person.password)) {
    if (form.method === 'GET') for (const name of Object.keys(form.fields)) queryNames.add(name);
    else if (!found.forms.has(shapeOf(form.action))) found.forms.set(shapeOf(form.action), form);
  }
  return [...links, page.location ?? '']
    .filter((href) => href !== '')
    .map((href) => new URL(href, page.url))
    .filter((url) => url.origin === origin)
    .map(({ pathname, search }) => pathname + search);
}

async function walk(visitor: FormBrowser, from: readonly string[]): Promise<void> {
  const open = [...from];
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(shapeOf(path)) || path.startsWith('/assets/')) continue;
    seen.add(shapeOf(path));
    const page = await visitor.get(path);
    const url = new URL(path, origin);
    for (const name of url.searchParams.keys()) queryNames.add(name);
    if (!found.pages.has(shapeOf(url.pathname))) found.pages.set(shapeOf(url.pathname), url.pathname);
    open.push(...look(page));
  }
}

// What an account has and what it was mailed, so that there are pages about it.
await browser.submit(formTo(await browser.get(paths.newKey), paths.newKey), { name: 'Key', product: 'haas' });
await authorize(browser, Object.fromEntries(asking), credentialsOf(person));
const elsewhere = new FormBrowser(origin);
await elsewhere.submit(formTo(await elsewhere.get(paths.signIn), paths.signIn), credentialsOf(person));
const stranger = new FormBrowser(origin);
await stranger.submit(formTo(await stranger.get(paths.forgot), paths.forgot), { email: person.email });
const { body: device } = await requestToken(
  origin,
  { client_id: app.id, client_secret: app.secret ?? undefined, scope: 'status:read' },
  { path: '/device/auth' },
);
const devicePath = `/device?user_code=${device.user_code}`;
await walk(stranger, [...starts, `/authorize?${asking}`]);
await walk(browser, [
  ...starts,
  ...['consent', 'select_account'].map((prompt) => `/authorize?${asking}&prompt=${prompt}`),
  devicePath,
]);

test('the walk meets every page and every form of the list', () => {
  const met = [...found.pages.keys(), ...found.forms.keys()];
  for (const [name, path] of Object.entries(paths)) {
    const make = typeof path === 'string' ? () => path : (path as (...ids: string[]) => string);
    const pattern = new RegExp(`^${make(':id', ':id').replaceAll(':id', '[^/]+')}$`);
    expect([name, met.some((one) => pattern.test(one))]).toEqual([name, true]);
  }
});

/** Fails with every attempt whose response was a 5xx. */
async function expectNoFault(attempts: Iterable<readonly [string, () => Promise<Page>]>): Promise<void> {
  const failed: unknown[] = [];
  let count = 0;
  for (const [what, send] of attempts) {
    const { status } = await send();
    if (status >= 500) failed.push([what, status]);
    count += 1;
  }
  expect(count).toBeGreaterThan(0);
  expect(failed).toEqual([]);
}

test.each([...found.pages])(
  'GET %s answers no hostile id and no hostile query with a 5xx',
  async (shape, path) => {
    const attempts: [string, () => Promise<Page>][] = [];
    for (const visitor of [browser, stranger]) {
      const add = (url: string) => attempts.push([url.slice(0, 200), () => visitor.get(url)]);
      for (const value of shape.includes(':id') ? [...hostileTexts, '\0'] : []) {
        add(shape.replace(':id', encodeURIComponent(value)));
      }
      for (const raw of shape.includes(':id') ? ['%00', '%ff', '%'] : []) add(shape.replace(':id', raw));
      for (const value of hostileFields) {
        // All at once: a page reads few, and none of them ends before the others are read.
        add(`${path}?${new URLSearchParams([...queryNames].map((name) => [name, value.slice(0, 500)]))}`);
      }
      const encodings = [...queryNames].map(hostileEncodings);
      for (const [index] of (encodings[0] ?? []).entries()) {
        add(`${path}?${encodings.map((ofName) => ofName[index]).join('&')}`);
      }
    }
    await expectNoFault(attempts);
  },
  120_000,
);

/** Forms after which the account, or what it has, is another. */
const ending = /delete|erase|end|revoke|disable|signout|switch|password|email/;

/** Pages on which a form works once, or whose forms carry what the session keeps. */
const opensAnew = /^\/(?:interaction|device|session)\b/;

/** Who a form is shown to, and its fields as they are now. */
async function openForm(form: FoundForm): Promise<{ visitor: FormBrowser; shown: FoundForm }> {
  const interaction = /^\/interaction\/[^/]+\/(\w+)/.exec(form.action)?.[1];
  const anonymous = interaction === 'signin';
  const visitor = anonymous ? new FormBrowser(origin) : current;
  if (!opensAnew.test(form.action)) {
    const fresh = { csrf: await csrfOf(visitor), ...(form.fields.once && { once: randomUUID() }) };
    return { visitor, shown: { ...form, fields: { ...form.fields, ...fresh } } };
  }
  const prompt = interaction === 'account' ? 'select_account' : 'consent';
  const asked = `/authorize?${asking}${anonymous ? '' : `&prompt=${prompt}`}`;
  const page = await visitor.follow(await visitor.get(interaction ? asked : form.page));
  const same = listForms(page, person.password).find(
    ({ action }) => shapeOf(action) === shapeOf(form.action),
  );
  return { visitor, shown: same ?? form };
}

const tokens = new Map<FormBrowser, string>();

async function csrfOf(visitor: FormBrowser): Promise<string> {
  const known = tokens.get(visitor);
  if (known !== undefined) return known;
  const [form] = listForms(await visitor.get(paths.forgot), person.password);
  const csrf = form?.fields.csrf ?? '';
  tokens.set(visitor, csrf);
  return csrf;
}

let current = browser;

/** Signs the person in again when the form before ended the session. */
async function signInAgain(): Promise<void> {
  if ((await current.get(paths.account)).status === 200) return;
  current = new FormBrowser(origin);
  await current.submit(formTo(await current.get(paths.signIn), paths.signIn), credentialsOf(person));
}

/** Each field alone gets these; all fields at once get every hostile text. */
const alone = [
  '',
  '\0',
  'x'.repeat(2_000),
  '💥',
  '99999999999999999999',
  '2026-02-30',
  'https://[::1',
  '{"a":',
];

test.each([...found.forms].toSorted(([a], [b]) => Number(ending.test(a)) - Number(ending.test(b))))(
  'POST %s answers no hostile field and no hostile id with a 5xx',
  async (shape, form) => {
    const send = async (changes: Record<string, string>, action?: string) => {
      const { visitor, shown } = await openForm(form);
      const body = new URLSearchParams({ ...shown.fields, ...changes });
      return visitor.post(action ?? shown.action, body, { 'sec-fetch-site': 'same-origin' });
    };
    await signInAgain();
    const attempts: [string, () => Promise<Page>][] = [];
    const names = Object.keys(form.fields);
    const free = names.filter((name) => name !== 'csrf' && name !== 'xsrf' && name !== 'once');
    for (const value of hostileFields) {
      const all = Object.fromEntries(free.map((name) => [name, value]));
      attempts.push([`all fields ${value.slice(0, 40)}`, () => send(all)]);
    }
    for (const name of names) {
      for (const value of alone) {
        attempts.push([`${name}=${value.slice(0, 40)}`, () => send({ [name]: value })]);
      }
    }
    for (const value of shape.includes(':id') ? [...hostileTexts, '\0'] : []) {
      const action = shape.replace(':id', encodeURIComponent(value));
      attempts.push([action.slice(0, 200), () => send({}, action)]);
    }
    await expectNoFault(attempts);
  },
  120_000,
);
