import bcrypt from 'bcrypt';
import fc from 'fast-check';
import { checkPasswordLength, hashPassword, unmatchableHash, verifyPassword } from './passwords.js';

const cost = { bcryptCost: 4 };

test('a password is hashed with bcrypt at the configured cost and found right again', async () => {
  const hash = await hashPassword({ bcryptCost: 5 }, 'correct horse');
  expect(bcrypt.getRounds(hash)).toBe(5);
  expect(await verifyPassword(cost, 'correct horse', hash)).toBe(true);
  expect(await verifyPassword(cost, 'correct horsf', hash)).toBe(false);
});

test('a password of more than 72 bytes is refused, not cut', async () => {
  const longest = 'a'.repeat(72);
  const hash = await hashPassword(cost, longest);
  expect(await verifyPassword(cost, longest, hash)).toBe(true);
  expect(await verifyPassword(cost, `${longest}b`, hash)).toBe(false);
  for (const tooLong of [`${longest}b`, 'é'.repeat(37), '🗝️'.repeat(20)]) {
    await expect(hashPassword(cost, tooLong)).rejects.toMatchObject({
      code: 'validation',
      data: { field: 'password', message: 'password must have at most 72 bytes' },
    });
  }
});

test('a password with a NUL character is refused, and matches nothing that stands before the NUL', async () => {
  await expect(hashPassword(cost, 'latchkey\0key')).rejects.toMatchObject({
    code: 'validation',
    data: { message: 'password must not contain NUL characters' },
  });
  const hash = await hashPassword(cost, 'latchkey');
  expect(await verifyPassword(cost, 'latchkey\0', hash)).toBe(false);
  expect(await verifyPassword(cost, 'latchkey\0key', hash)).toBe(false);
});

test('a password of fewer than 8 characters is refused in the name of its own field', async () => {
  expect(() => checkPasswordLength('seven77', 'new_password')).toThrow(
    'new_password must have at least 8 characters',
  );
});

test('the hash that stands in for an unknown person costs what a real one does and matches nothing', async () => {
  for (const bcryptCost of [4, 10, 12])
    expect(bcrypt.getRounds(unmatchableHash({ bcryptCost }))).toBe(bcryptCost);
  expect(unmatchableHash(cost)).toHaveLength((await hashPassword(cost, 'correct horse')).length);
  // bcrypt gives up at once on a malformed hash: that this one takes its time shows that it is well formed.
  const started = performance.now();
  expect(await verifyPassword({ bcryptCost: 11 }, 'correct horse', undefined)).toBe(false);
  expect(performance.now() - started).toBeGreaterThan(20);
  expect(await verifyPassword(cost, 'correct horse', null)).toBe(false);
});

test('whatever can be hashed is found right again, and nothing else is', async () => {
  const password = fc.string({ unit: 'binary', minLength: 8, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(password, password, async (one, other) => {
      const hash = await hashPassword(cost, one).catch(() => undefined);
      const acceptable = Buffer.byteLength(one.normalize('NFC')) <= 72 && !one.includes('\0');
      expect(hash !== undefined).toBe(acceptable && [...one.normalize('NFC')].length >= 8);
      if (hash === undefined) return;
      expect(await verifyPassword(cost, one, hash)).toBe(true);
      expect(await verifyPassword(cost, other, hash)).toBe(one.normalize('NFC') === other.normalize('NFC'));
    }),
    { numRuns: 60 },
  );
});

test('a password is the same in composed and decomposed letters, and an older hash of either form still matches', async () => {
  const cost = { bcryptCost: 4 };
  const [composed, decomposed] = ['mot de passé', 'mot de passe\u0301'];
  const hash = await hashPassword(cost, decomposed);
  expect(await verifyPassword(cost, composed, hash)).toBe(true);
  expect(await verifyPassword(cost, decomposed, hash)).toBe(true);
  const older = await bcrypt.hash(decomposed, 4);
  expect(await verifyPassword(cost, decomposed, older)).toBe(true);
});
