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

const redeem = async (email: string, code: string, at = purpose) =>
  (await redeemOneTimeCode(services, { purpose: at, email, code })) !== undefined;

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

test('a new code voids the old one of the same browser and no other', async () => {
  const email = newAddress();
  const others = await createOneTimeCode(services, { purpose, email });
  const browser = 'the browser of the owner';
  const old = await createOneTimeCode(services, { purpose, email, browser });
  let fresh = old;
  while (fresh === old) fresh = await createOneTimeCode(services, { purpose, email, browser });
  expect(await redeem(email, others)).toBe(true);
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
  expect(await services.db('email_codes').where({ email }).first('tries')).toEqual({ tries: 5 });
  expect(await redeem(email, code)).toBe(false);
});

test('a code outlives the rotation of SECRET_KEY', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const secretKeys = [randomBytes(32), ...services.config.secretKeys];
  const rotated = { ...services, config: { ...services.config, secretKeys } };
  expect(await redeemOneTimeCode(rotated, { purpose, email, code })).toBeDefined();
});

test('the table holds nothing from which a code could be found by trying all million', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const row = await services.db('email_codes').where({ email }).first();
  expect(JSON.stringify(row)).not.toContain(code);
  const stranger = { ...services.config, secretKeys: [randomBytes(32)] };
  const response = await redeemOneTimeCode({ ...services, config: stranger }, { purpose, email, code });
  expect(response).toBeUndefined();
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
  const from = async (address: string, typed: string) =>
    (await redeemOneTimeCode(services, { purpose, email, code: typed }, { address })) !== undefined;
  for (let by = 1; by <= 8; by += 1) expect(await from('192.0.2.1', wrong(code, by))).toBe(false);
  expect(await from('192.0.2.1', code)).toBe(false);
  expect(await from('192.0.2.2', code)).toBe(true);
  const next = await createOneTimeCode(services, { purpose, email });
  const guesses = Array.from({ length: 60 }, (_, at) => from(`198.51.100.${at}`, wrong(next, at + 1)));
  await Promise.all(guesses);
  expect(await services.db('email_codes').where({ email, used_at: null }).first('tries')).toEqual({
    tries: 50,
  });
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

test('the browser that requested a code has five tries that others do not use up, at any IP address', async () => {
  const email = newAddress();
  const browser = 'the browser of the owner';
  const code = await createOneTimeCode(services, { purpose, email, browser });
  const guesses = Array.from({ length: 60 }, (_, at) =>
    redeemOneTimeCode(
      services,
      { purpose, email, code: wrong(code, at + 1) },
      { address: `198.51.100.${at}` },
    ),
  );
  await Promise.all(guesses);
  const own = (typed: string, address: string) =>
    redeemOneTimeCode(services, { purpose, email, code: typed, browser }, { address });
  for (let by = 1; by <= 4; by += 1) expect(await own(wrong(code, by), `192.0.2.${by}`)).toBeUndefined();
  expect(await own(code, '192.0.2.9')).toMatchObject({ repeated: false });
});

test('of fifty wrong codes at once a browser has five tries, and none is left for the right one', async () => {
  const email = newAddress();
  const browser = 'the browser of the owner';
  const code = await createOneTimeCode(services, { purpose, email, browser });
  const own = (typed: string, at: number) =>
    redeemOneTimeCode(services, { purpose, email, code: typed, browser }, { address: `192.0.2.${at}` });
  await Promise.all(Array.from({ length: 50 }, (_, at) => own(wrong(code, at + 1), at)));
  const row = await services.db('email_codes').where({ email }).first('tries', 'tries_by_sender as bySender');
  expect(row).toEqual({ tries: 0, bySender: { browser: 5 } });
  expect(await own(code, 99)).toBeUndefined();
});

test('the same code again by the same caller is a repetition for a moment, and of nobody else', async () => {
  const email = newAddress();
  const code = await createOneTimeCode(services, { purpose, email });
  const from = (address: string) => redeemOneTimeCode(services, { purpose, email, code }, { address });
  const first = await from('192.0.2.1');
  expect(first).toMatchObject({ repeated: false });
  expect(await from('192.0.2.1')).toEqual({ id: first?.id, repeated: true });
  expect(await from('192.0.2.2')).toBeUndefined();
  clock.advance(11_000);
  expect(await from('192.0.2.1')).toBeUndefined();
});
