import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createTestServices } from '../../testing/services.js';
import { createOneTimeCode, redeemOneTimeCode } from './one-time-codes.js';

const { services, clock } = await createTestServices();
const purpose = 'agenthuman';
const minuteMs = 60_000;

let count = 0;
const newAddress = () => `person${count++}@example.com`;

/** A well-formed code that is not this one. */
const wrong = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0');

const redeem = (email: string, code: string, at = purpose) =>
  redeemOneTimeCode(services, { purpose: at, email, code });

test('a code has six digits and opens once', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  expect(code).toMatch(/^\d{6}$/);
  expect(await redeem(email, code)).toBe(true);
  expect(await redeem(email, code)).toBe(false);
});

test('an address is the same in any case and with spaces around it, and so is a code', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email: email.toUpperCase() });
  expect(await redeem(` ${email} `, ` ${code} `)).toBe(true);
});

test('a code is good for ten minutes', async () => {
  const [early, late] = [newAddress(), newAddress()];
  const codes = [
    await createOneTimeCode(services, { purpose, email: early }),
    await createOneTimeCode(services, { purpose, email: late }),
  ];
  clock.advance(9.9 * minuteMs);
  expect(await redeem(early, codes[0] ?? '')).toBe(true);
  clock.advance(0.2 * minuteMs);
  expect(await redeem(late, codes[1] ?? '')).toBe(false);
});

test('after five wrong tries the right code is refused too', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  for (let by = 1; by <= 5; by += 1) expect(await redeem(email, wrong(code, by))).toBe(false);
  expect(await redeem(email, code)).toBe(false);
});

test('four wrong tries leave one', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  for (let by = 1; by <= 4; by += 1) expect(await redeem(email, wrong(code, by))).toBe(false);
  expect(await redeem(email, code)).toBe(true);
});

test('a new code voids the old one', async () => {
  const email = newAddress();
  const old = await createOneTimeCode(services, { purpose, email });
  let fresh = old;
  while (fresh === old) fresh = await createOneTimeCode(services, { purpose, email });
  expect(await redeem(email, old)).toBe(false);
  expect(await redeem(email, fresh)).toBe(true);
});

test('a code for one purpose or address opens no other', async () => {
  const [email, other] = [newAddress(), newAddress()];
  const code = await createOneTimeCode(services, { purpose, email });
  expect(await redeem(email, code, 'hitl')).toBe(false);
  expect(await redeem(other, code)).toBe(false);
  expect(await redeem(email, code)).toBe(true);
});

test('fifty right answers at once are exactly one success', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const responses = await Promise.all(Array.from({ length: 50 }, () => redeem(email, code)));
  expect(responses.filter(Boolean)).toHaveLength(1);
});

test('a hundred wrong guesses at once are five tries', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const guesses = Array.from({ length: 100 }, (_, at) => redeem(email, wrong(code, at + 1)));
  expect((await Promise.all(guesses)).some(Boolean)).toBe(false);
  expect(await services.db('one_time_codes').where({ email }).first('tries')).toEqual({ tries: 5 });
  expect(await redeem(email, code)).toBe(false);
});

test('a code outlives the rotation of SECRET_KEY', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const secretKeys = [randomBytes(32), ...services.config.secretKeys];
  const rotated = { ...services, config: { ...services.config, secretKeys } };
  expect(await redeemOneTimeCode(rotated, { purpose, email, code })).toBe(true);
});

test('the table holds nothing from which a code could be found by trying all million', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const row = await services.db('one_time_codes').where({ email }).first();
  expect(JSON.stringify(row)).not.toContain(code);
  const stranger = { ...services.config, secretKeys: [randomBytes(32)] };
  const response = await redeemOneTimeCode({ ...services, config: stranger }, { purpose, email, code });
  expect(response).toBe(false);
});

test('nonsense is a wrong code', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  for (const nonsense of ['', '0', `${code}0`, `0${code}`, '١٢٣٤٥٦']) {
    expect(await redeem(email, nonsense)).toBe(false);
  }
});

test('in any order of guesses, a code opens exactly if the first five hold it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 8 }), async (rightness) => {
      const email = newAddress();
      const code = await createOneTimeCode(services, { purpose, email });
      const responses: boolean[] = [];
      for (const right of rightness) responses.push(await redeem(email, right ? code : wrong(code)));
      const first = rightness.indexOf(true);
      const expected = rightness.map((_, at) => at === first && first < 5);
      expect(responses).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test('wrong tries of others do not void a code; fifty over all senders do', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const from = (ipAddress: string, typed: string) =>
    redeemOneTimeCode(services, { purpose, email, code: typed, ipAddress });
  for (let by = 1; by <= 8; by += 1) expect(await from('192.0.2.1', wrong(code, by))).toBe(false);
  expect(await from('192.0.2.1', code)).toBe(false);
  expect(await from('192.0.2.2', code)).toBe(true);
  const next = await createOneTimeCode(services, { purpose, email });
  const guesses = Array.from({ length: 60 }, (_, at) => from(`198.51.100.${at}`, wrong(next, at + 1)));
  await Promise.all(guesses);
  expect(await services.db('one_time_codes').where({ email }).first('tries')).toEqual({ tries: 50 });
  expect(await from('192.0.2.2', next)).toBe(false);
});

test.each([
  ['a space', ' '],
  ['a hyphen', '-'],
  ['a no-break space', '\u00a0'],
  ['a dash', '\u2013'],
])('a code may be typed with %s in it', async (_name, separator) => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  expect(await redeem(email, code.slice(0, 3) + separator + code.slice(3))).toBe(true);
});
