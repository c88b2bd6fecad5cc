/**
 * Open registration is open to everybody: it makes us call nobody, and it does not fill the database.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { cleanUp } from '../../shared/maintenance/cleanup.js';
import {
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer({ openRegistration: true, rateLimitFactor: 100 });
const trusting = await startAuthServer({ outboundAllow: ['127.0.0.0/8'] });
const redirect_uris = ['https://helper.example/cb'];

async function register(metadata: Record<string, unknown>) {
  const response = await fetch(`${origin}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris, ...metadata }),
  });
  return { status: response.status, body: await response.json() };
}

describe('an address that a client names', () => {
  let connections = 0;
  const keys = generateKeyPair('ES256', { extractable: true });
  const internal = createServer(async (_request, response) => {
    const jwk = { ...(await exportJWK((await keys).publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  internal.on('connection', () => {
    connections += 1;
  });
  let port: number;
  beforeAll(async () => {
    await new Promise<void>((resolve) => internal.listen(0, '127.0.0.1', resolve));
    ({ port } = internal.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => internal.close(resolve)));

  /** Presents an assertion that only the keys at the client's address could confirm. */
  async function authenticate(server: string, id: string) {
    const now = Math.floor(Date.now() / 1000);
    const client_assertion = await new SignJWT({ jti: `${id}-${now}` })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(server)
      .setExpirationTime(now + 60)
      .sign((await keys).privateKey);
    return requestToken(server, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: id,
      client_assertion,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
  }

  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', 'localhost', '0x7f.1', '2130706433'])(
    'is not called where it is %s',
    async (host) => {
      const jwks_uri = `https://${host}:${port}/jwks`;
      const { status, body } = await register({ jwks_uri, token_endpoint_auth_method: 'private_key_jwt' });
      expect([201, 400]).toContain(status);
      if (status === 201) {
        expect((await authenticate(origin, body.client_id)).body.error).toMatch(/^invalid_client/);
      }
      expect(connections).toBe(0);
    },
  );

  test('is not called for a logo, a policy, a sector or whatever else', async () => {
    const at = (host: string) => `https://${host}:${port}/x`;
    for (const host of ['127.0.0.1', '169.254.169.254', '10.0.0.1', '[::1]']) {
      await register({
        logo_uri: at(host),
        client_uri: at(host),
        policy_uri: at(host),
        tos_uri: at(host),
        sector_identifier_uri: at(host),
        subject_type: 'pairwise',
        backchannel_logout_uri: at(host),
        initiate_login_uri: at(host),
        request_uris: [at(host)],
      });
    }
    expect(connections).toBe(0);
  });

  test('is called where the operator allows it', async () => {
    const app = await createApp(trusting.services, {
      columns: {
        metadata: JSON.stringify({
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: `http://127.0.0.1:${port}/jwks`,
        }),
      },
    });
    expect((await authenticate(trusting.origin, app.id)).body.error).toBe('invalid_grant');
    expect(connections).toBe(1);
  });
});

describe('a flood of registrations', () => {
  const count = async () => (await services.db('oauth_clients').where({ self_registered: true })).length;

  test('of one and the same public client is one client', async () => {
    const before = await count();
    for (let turn = 0; turn < 20; turn += 1) await register({ token_endpoint_auth_method: 'none' });
    expect(await count()).toBe(before + 1);
  });

  test('is forgotten after a week, but for those that somebody let in', async () => {
    const made = await Promise.all(
      Array.from({ length: 30 }, (_, index) => register({ client_name: `Flood ${index}` })),
    );
    expect(new Set(made.map(({ body }) => body.client_id)).size).toBe(30);
    const used = String(made[0]?.body.client_id);
    const person = await createPerson(services);
    await obtainCode(origin, { client_id: used, redirect_uri: redirect_uris[0] ?? '' }, person);
    clock.advance(6 * 86_400_000);
    await cleanUp(services);
    expect(await count()).toBeGreaterThan(30);
    clock.advance(2 * 86_400_000);
    await cleanUp(services);
    const left = await services.db('oauth_clients').where({ self_registered: true }).pluck('id');
    expect(left).toEqual([used]);
  });
});
