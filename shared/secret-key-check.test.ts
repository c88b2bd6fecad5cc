/** A process whose SECRET_KEY is not the one of the database does not start. */
import { seal } from './crypto/secrets.js';
import { startApiProcess } from './testing/processes.js';
import { createTestServices } from './testing/services.js';

const { services } = await createTestServices({ redisUrl: undefined });
const { config, db } = services;
// A signing key as the authorization server makes it.
await db('signing_keys').insert({
  kid: 'test-key',
  public_jwk: '{}',
  sealed_private_jwk: seal(config, 'signing-key', '{}', 'test-key'),
  state: 'current',
  created_at: db.fn.now(),
});
const other = Buffer.alloc(32, 7);
const [withAnother, withBoth] = await Promise.all([
  startApiProcess({ ...config, secretKeys: [other] }).catch((error: Error) => error),
  startApiProcess({ ...config, secretKeys: [other, ...config.secretKeys] }),
]);

test('a process with another SECRET_KEY than the database was made with does not start, and says so', () => {
  expect(withAnother).toBeInstanceOf(Error);
  expect(String(withAnother)).toContain('SECRET_KEY is not the one');
});

test('a process that has the older key behind a new one starts', async () => {
  expect((await fetch(`${withBoth.url}/health`)).status).toBe(200);
});
