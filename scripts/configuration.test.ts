import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestServices } from '../shared/testing/services.js';
import { createCheckout } from './testing/checkout.js';

const { services } = await createTestServices();
const checkout = await createCheckout();
const file = join(checkout.folder, '.env');
afterEach(() => rm(file, { force: true }));

const entries = [
  'auth-server/main',
  'resource-api/main',
  'scripts/worker',
  'scripts/migrate',
  'scripts/start/main',
  'scripts/cli migrate status',
];

test('every entry point reads .env, and names all that is wrong with it in one sentence', async () => {
  await writeFile(file, 'DATABASE_URL=localhost/latchkey\nREDIS_URL="tcp://localhost"\n');
  const results = await Promise.all(entries.map((entry) => checkout.run(`node scripts/run.js ${entry}`)));
  for (const { status, errors } of results) {
    expect(status).toBe(1);
    // A library may say before it what it thinks of the version of Node.
    expect(errors.trim().split('\n').at(-1)).toMatch(/^Latchkey cannot start: DATABASE_URL: .*REDIS_URL: /);
  }
});

test('what the environment sets stays as it is, and .env.example can be copied as it stands', async () => {
  await copyFile('.env.example', file);
  await writeFile(file, `\nDATABASE_URL=postgres://nobody@127.0.0.1:1/nothing\n`, { flag: 'a' });
  const { status, output } = await checkout.run('node scripts/run.js scripts/migrate', {
    DATABASE_URL: services.config.databaseUrl ?? '',
  });
  expect([status, output]).toEqual([0, 'The schema is up to date.\n']);
});

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: services.config.databaseUrl ?? '',
  SECRET_KEY: services.config.secretKeys.map((key) => key.toString('hex')).join(),
  SMTP_URL: 'smtp://127.0.0.1:1',
  ISSUER: 'https://auth.example',
  API_URL: 'https://api.example',
  REDIS_URL: 'redis://127.0.0.1:1',
};

test('a production process does not start while Redis has never answered', async () => {
  const refused = await checkout.run('node scripts/run.js scripts/worker', production);
  expect(refused.status).toBe(1);
  expect(refused.errors).toBe(
    'Redis at 127.0.0.1:1 does not answer: check REDIS_URL, or set REDIS_OPTIONAL=on to start without it.\n',
  );
});

test('with REDIS_OPTIONAL=on it starts, and says so as soon as it works', async () => {
  const worker = await checkout.start('node scripts/run.js scripts/worker', {
    ...production,
    REDIS_OPTIONAL: 'on',
  });
  worker.process.kill('SIGTERM');
  expect((await worker.finished).status).toBe(0);
});
