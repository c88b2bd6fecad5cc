/**
 * The way from an app through sign-in and consent and back, in a real browser: that the content security policy
 * lets through what must pass (Chrome holds `form-action` against the redirects after a form, too), that keyboard,
 * small screens and browsers without script are enough, and that nothing complains. Screenshots go to the folder in
 * TEST_SCREENSHOTS, or to one that goes with the test.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from '../../shared/testing/chromium.js';
import { createApp, createPerson, requestToken, startAuthServer } from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

/** The developer's app: a page with a link to us, and the address to which we send people back. */
const appServer = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(`<!doctype html><title>App</title><link rel="icon" href="data:,"><h1>${pathname}</h1>`);
});
await new Promise<void>((resolve) => appServer.listen(0, '127.0.0.1', resolve));
const home = `http://localhost:${(appServer.address() as AddressInfo).port}`;
const callback = `${home}/callback`;

const app = await createApp(services, { plan: 'enterprise', redirectUris: [callback] });
const kept = process.env.TEST_SCREENSHOTS;
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'latchkey-screens-')));
let browser: Browser;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  appServer.closeAllConnections();
  await new Promise((resolve) => appServer.close(resolve));
  if (kept === undefined) await rm(folder, { recursive: true });
});

const complaints: string[] = [];
afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('console', (message) => {
    // What a page is refused is told as an error; a wrong password's 401 too, which is no complaint.
    if (message.type() === 'error' && !/status of 401/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    const from = new URL(request.url()).origin;
    if (from !== origin && from !== home && from !== 'null') complaints.push(`a call to ${request.url()}`);
  });
  return page;
}

const authorizeUrl = (parameters: Record<string, string> = {}) =>
  `${origin}/authorize?${new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: 'status:read profile:read tasks:dispatch',
    state: 'from the app',
    ...parameters,
  })}`;

async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function answerOf(page: Page): Promise<URLSearchParams> {
  await page.waitForURL(`${callback}?*`);
  const answer = new URL(page.url()).searchParams;
  expect([answer.get('state'), answer.get('iss')]).toEqual(['from the app', origin]);
  return answer;
}

const exchange = (answer: URLSearchParams) =>
  requestToken(origin, {
    grant_type: 'authorization_code',
    code: String(answer.get('code')),
    redirect_uri: callback,
    client_id: app.id,
    client_secret: app.secret,
  });

const shoot = (page: Page, name: string) =>
  page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
const scrollsSideways = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

test('allow, with one scope taken off', async () => {
  const person = await createPerson(services);
  const page = await openPage();
  await page.goto(home);
  await page.goto(authorizeUrl());
  await shoot(page, 'sign-in');
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await shoot(page, 'sign-in-failed');
  await signIn(page, person);
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  await shoot(page, 'consent');
  const text = await page.locator('main').textContent();
  for (const word of ['Errand Bot', new URL(callback).host]) expect(text).toContain(word);
  expect(await page.locator('body').textContent()).toContain(person.email);
  await page.getByRole('checkbox', { name: 'See your profile' }).uncheck();
  await page.getByRole('button', { name: 'Allow' }).click();
  const { body } = await exchange(await answerOf(page));
  expect(body.scope.split(' ').sort()).toEqual(['status:read', 'tasks:dispatch']);
  await page.context().close();
});

test('deny', async () => {
  const page = await openPage();
  await page.goto(authorizeUrl());
  await signIn(page, await createPerson(services));
  await page.getByRole('button', { name: 'Deny' }).click();
  expect((await answerOf(page)).get('error')).toBe('access_denied');
  await page.context().close();
});

test('with consent remembered, the sign-in form leads straight to the app', async () => {
  const person = await createPerson(services);
  const first = await openPage();
  await first.goto(authorizeUrl());
  await signIn(first, person);
  await first.getByRole('button', { name: 'Allow' }).click();
  await answerOf(first);
  const second = await openPage();
  await second.goto(authorizeUrl());
  await signIn(second, person);
  expect((await answerOf(second)).get('code')).not.toBeNull();
  await second.goto(authorizeUrl({ prompt: 'login' }));
  await signIn(second, person);
  expect((await answerOf(second)).get('code')).not.toBeNull();
  await Promise.all([first.context().close(), second.context().close()]);
});

test('with the keyboard alone', async () => {
  const person = await createPerson(services);
  const page = await openPage();
  await page.goto(authorizeUrl());
  const focused = () => page.evaluate<string>("document.querySelector(':focus')?.outerHTML ?? ''");
  const tabTo = async (part: string) => {
    for (let press = 0; press < 30; press += 1) {
      if ((await focused()).includes(part)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never reaches ${part}`);
  };
  await tabTo('name="email"');
  await page.keyboard.type(person.email);
  await tabTo('name="password"');
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  await tabTo('value="tasks:dispatch"');
  await page.keyboard.press('Space');
  await tabTo('name="duration"');
  await page.keyboard.press('ArrowUp');
  await tabTo('value="allow"');
  await shoot(page, 'consent-keyboard');
  await page.keyboard.press('Enter');
  const { body } = await exchange(await answerOf(page));
  expect(body.scope.split(' ').sort()).toEqual(['profile:read', 'status:read']);
  const [grant] = await services.db('grants').where({ user_id: person.id });
  expect(grant.duration).toBe('30d');
  await page.context().close();
});

test('without script, on a small dark screen', async () => {
  const page = await openPage({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await page.goto(authorizeUrl());
  await shoot(page, 'sign-in-small');
  await signIn(page, await createPerson(services));
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  await shoot(page, 'consent-small');
  await page.getByLabel('Show examples').check();
  await page.getByText('Energy 0.7').first().waitFor();
  await page.getByRole('button', { name: 'Allow' }).click();
  expect((await answerOf(page)).get('code')).not.toBeNull();
  await page.context().close();
});

test('nothing scrolls sideways at 390 px', async () => {
  const page = await openPage({ viewport: { width: 390, height: 844 } });
  await page.goto(authorizeUrl());
  expect(await scrollsSideways(page)).toBe(false);
  await signIn(page, await createPerson(services));
  await page.getByRole('button', { name: 'Allow' }).waitFor();
  expect(await scrollsSideways(page)).toBe(false);
  await page.context().close();
});

test('two tabs, the back button and "not you?"', async () => {
  const person = await createPerson(services);
  const first = await openPage();
  const second = await first.context().newPage();
  await first.goto(authorizeUrl());
  await second.goto(authorizeUrl({ scope: 'status:read' }));
  await signIn(first, person);
  await second.reload();
  await second.getByRole('button', { name: 'Allow' }).click();
  expect((await answerOf(second)).get('code')).not.toBeNull();
  await first.getByRole('button', { name: 'Allow' }).click();
  expect((await answerOf(first)).get('code')).not.toBeNull();

  complaints.splice(0);
  await first.goBack();
  await first.getByRole('heading', { name: 'This request is over' }).waitFor();
  await shoot(first, 'over');
  // The page that came back is a 400, which the browser mentions.
  expect(complaints.splice(0).filter((text) => !/status of 400/.test(text))).toEqual([]);

  await second.goto(authorizeUrl({ prompt: 'consent' }));
  await second.getByRole('button', { name: 'Not you?' }).click();
  await signIn(second, await createPerson(services));
  await second.getByRole('button', { name: 'Allow' }).click();
  expect((await answerOf(second)).get('code')).not.toBeNull();
  await first.context().close();
});
