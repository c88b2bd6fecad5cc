/** What only a browser can tell: that nothing scrolls sideways, and that the policy lets through what pages need. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../../../shared/testing/chromium.js';
import { assets } from '../../../shared/ui/assets.js';
import { buildContentSecurityPolicy } from '../../../shared/ui/content-security-policy.js';
import { renderSamples } from '../testing/samples.js';

const plain = renderSamples();
const long = renderSamples((text) => `${text} ${'W'.repeat(90)}`);

let browser: Browser;
let page: Page;
/** What the open page has complained about. */
const complaints: string[] = [];
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const asset = assets.find(({ path }) => path === pathname);
    const [, kind, name = ''] = pathname.split('/');
    response.setHeader('Content-Type', asset?.contentType ?? 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', buildContentSecurityPolicy());
    response.end(asset?.body ?? (kind === 'long' ? long : plain)[name]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openBrowser();
  page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterAll(async () => {
  await browser.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each(Object.keys(long))(
  'the page %s does not scroll sideways from 320 px on, and nothing breaks its policy',
  async (name) => {
    complaints.length = 0;
    await page.goto(`${origin}/long/${name}`);
    for (const width of [320, 700, 1000]) {
      await page.setViewportSize({ width, height: 800 });
      const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
      expect(Number(scrollWidth)).toBeLessThanOrEqual(width);
    }
    expect(complaints).toEqual([]);
  },
);

test('the copy button copies, and says so', async () => {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  await page.goto(`${origin}/plain/key-shown`);
  await page.click('button[data-copy=secret]');
  await page.waitForFunction("document.querySelector('button[data-copy=secret]').textContent === 'Copied'");
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^wb_live_sk_/);
  await context.close();
});

test('a key can be managed with the keyboard and without script', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${origin}/plain/api-keys`);
  await page.getByRole('button', { name: 'Manage' }).first().press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).waitFor();
  await page.keyboard.press('Escape');
  expect(await page.getByRole('dialog').count()).toBe(0);
  await context.close();
});
