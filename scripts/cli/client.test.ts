import { createTestUser } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { runCli } from '../testing/cli.js';

const { services } = await createTestServices();
const user = await createTestUser(services);

const create = (...args: string[]) =>
  runCli(services, [
    ...['client', 'create', '--user', user.email, '--product', 'haas', '--name', 'App'],
    ...['--redirect-uri', 'https://app.example/callback', ...args],
  ]);

const rowOf = (result: unknown) =>
  services
    .db('oauth_clients')
    .where({ id: (result as { client_id: string }).client_id })
    .first();

test('an app has opaque tokens and hears of no sessions unless its owner says so', async () => {
  const { result } = await create();
  expect((await rowOf(result)).metadata).toEqual({});
});

test('an owner may choose JWTs, and an address that hears of ended sessions', async () => {
  const address = 'https://app.example/logout';
  const { result } = await create('--jwt-access-tokens', '--backchannel-logout-uri', address);
  expect((await rowOf(result)).metadata).toEqual({
    jwt_access_tokens: true,
    backchannel_logout_uri: address,
    backchannel_logout_session_required: true,
  });
});

test('an address on a private network is refused', async () => {
  const { status, errors } = await create('--backchannel-logout-uri', 'http://10.0.0.1/logout');
  expect(status).toBe(1);
  expect(errors).toContain('must be a public address');
});

test('a public app may use the device flow, and one with a secret may not', async () => {
  const device = 'urn:ietf:params:oauth:grant-type:device_code';
  expect((await rowOf((await create('--public')).result)).grant_types).toContain(device);
  expect((await rowOf((await create()).result)).grant_types).not.toContain(device);
});
