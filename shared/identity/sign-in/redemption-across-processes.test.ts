/** What may happen once happens once, also when two processes are asked at the same moment. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Race } from '../../testing/redeemer.js';
import { createTestServices } from '../../testing/services.js';
import { createEmailLink } from './email-links.js';
import { createOneTimeCode } from './one-time-codes.js';

const { services } = await createTestServices();
const email = 'ada@example.com';

/** How many redemptions succeed in each of two processes that begin together. */
async function race(given: Race): Promise<number[]> {
  const { databaseUrl, secretKeys } = services.config;
  const racers = [1, 2].map(() => {
    const child = spawn(
      process.execPath,
      ['scripts/run.js', 'shared/testing/redeemer', JSON.stringify(given)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: databaseUrl,
          SECRET_KEY: secretKeys.map((key) => key.toString('hex')).join(),
          LOG_LEVEL: 'silent',
        },
      },
    );
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  });
  try {
    for (const { lines } of racers) expect((await lines.next()).value).toBe('ready');
    for (const { child } of racers) child.stdin.end('go\n');
    return await Promise.all(racers.map(async ({ lines }) => Number((await lines.next()).value)));
  } finally {
    for (const { child } of racers) child.kill('SIGKILL');
  }
}

const sum = ([one = 0, two = 0]: number[]) => one + two;

test('a link that two processes redeem 250 times each opens once', async () => {
  const token = await createEmailLink(services, { purpose: 'reset_password', accountId: 'a', email });
  expect(sum(await race({ kind: 'link', token, attempts: 250 }))).toBe(1);
});

test('a right code that two processes give 250 times each opens once', async () => {
  const code = await createOneTimeCode(services, { purpose: 'agenthuman', email });
  expect(sum(await race({ kind: 'code', email, code, attempts: 250 }))).toBe(1);
});

test('a wrong code that two processes give 250 times each is five tries', async () => {
  const code = await createOneTimeCode(services, { purpose: 'agenthuman', email });
  const wrong = code === '000000' ? '000001' : '000000';
  expect(sum(await race({ kind: 'code', email, code: wrong, attempts: 250 }))).toBe(0);
  expect(await services.db('email_codes').where({ email, used_at: null }).first('tries')).toEqual({
    tries: 5,
  });
});
