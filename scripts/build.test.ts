import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateUp } from '../shared/postgres/migrate.js';
import { createTestDatabase, requireVariable } from '../shared/testing/database.js';
import { createCheckout } from './testing/checkout.js';

const checkout = await createCheckout();
const database = await createTestDatabase('template0');
afterAll(() => database.drop());

const environment = {
  DATABASE_URL: database.url,
  REDIS_URL: requireVariable('TEST_REDIS_URL'),
  ISSUER: checkout.authUrl,
  API_URL: checkout.apiUrl,
  NODE_OPTIONS: '--enable-source-maps',
};

beforeAll(async () => {
  const built = await checkout.run('node scripts/build.js');
  expect(built).toMatchObject({ status: 0 });
});

test('every program that the image and compose name is in the build', async () => {
  const [image, compose] = await Promise.all(
    ['Dockerfile', 'docker-compose.yml'].map((file) => readFile(file, 'utf8')),
  );
  const programs = new Set(`${image}${compose}`.match(/dist\/[\w/-]+\.js/g));
  expect(programs.size).toBeGreaterThanOrEqual(5);
  for (const program of programs)
    expect([program, existsSync(join(checkout.folder, program))]).toEqual([program, true]);
});

test('a server refuses to serve from a database that is not migrated', async () => {
  const early = await checkout.run('node dist/resource-api/main.js', environment);
  expect(early.status).toBe(1);
  expect(early.errors).toMatch(/is not migrated \(001-identity, .*\): run "npm run migrate" first\.\n$/);
});

test('migrations of the checkout and of the build are the same', async () => {
  await migrateUp(database.url);
  const again = await checkout.run('node dist/scripts/migrate.js', environment);
  expect(again).toMatchObject({ status: 0, output: 'The schema is up to date.\n' });
});

test('each process of the build becomes ready, serves, and ends at SIGTERM', async () => {
  const started = await Promise.all(
    ['auth-server/main', 'resource-api/main', 'scripts/worker'].map((program) =>
      checkout.start(`node dist/${program}.js`, environment),
    ),
  );
  // Lines of JSON before it are the log.
  const lastLines = started.map((one) => one.output().trimEnd().split('\n').at(-1));
  expect(lastLines).toEqual([
    `ready  auth ${checkout.authUrl}`,
    `ready  api ${checkout.apiUrl}`,
    'ready  worker',
  ]);
  const page = await (await fetch(`${checkout.authUrl}/signin`)).text();
  const [, stylesheet = ''] = /<link[^>]+href="([^"]+\.css[^"]*)"/.exec(page) ?? [];
  expect((await fetch(new URL(stylesheet, checkout.authUrl))).headers.get('content-type')).toMatch(
    'text/css',
  );
  expect((await fetch(`${checkout.apiUrl}/ready`)).status).toBe(200);

  for (const one of started) one.process.kill('SIGTERM');
  const ends = await Promise.all(started.map((one) => one.finished));
  expect(ends.map(({ status }) => status)).toEqual([0, 0, 0]);
});
