/** What a second redemption of a code ends, for public clients and for authenticated ones. */
import { createHash, randomBytes } from 'node:crypto';
import {
  acceptHeaders,
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
  useAcceptHeader,
} from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer({ trustedProxies: 1 });
const person = await createPerson(services);
const confidential = await createApp(services);
const open = await createApp(services, { public: true });
const here = '192.0.2.7';
const elsewhere = '198.51.100.9';

interface Redemption {
  ipAddress?: string;
  members?: Record<string, string | undefined>;
}

async function begin(app: { id: string; secret?: string }) {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
  const code = await obtainCode(origin, { client_id: app.id, scope: 'status:read', ...pkce }, person);
  const credentials = { client_id: app.id, client_secret: app.secret };
  const send = (members: Record<string, string | undefined>, ipAddress = here) =>
    requestToken(origin, { ...credentials, ...members }, { headers: { 'x-forwarded-for': ipAddress } });
  const redeem = ({ ipAddress, members }: Redemption = {}) =>
    send(
      { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier, ...members },
      ipAddress,
    );
  const { body } = await redeem();
  const lives = async () =>
    (await send({ grant_type: 'refresh_token', refresh_token: body.refresh_token })).status === 200;
  const refused = async (again: Redemption = {}) => {
    expect((await redeem(again)).body.error).toBe('invalid_grant');
  };
  return { refused, lives };
}

describe.each(acceptHeaders)('for a caller that accepts %s', (accept) => {
  beforeAll(() => useAcceptHeader(accept));

  test.each([
    ['a public client', open],
    ['an authenticated client', confidential],
  ])('%s: the same request within five seconds is forgiven', async (_name, app) => {
    const { refused, lives } = await begin(app);
    await refused();
    await refused();
    expect(await lives()).toBe(true);
  });

  test.each([
    ['a public client', open],
    ['an authenticated client', confidential],
  ])('%s: a repetition after five seconds ends what the code gave', async (_name, app) => {
    const { refused, lives } = await begin(app);
    clock.advance(6_000);
    await refused();
    expect(await lives()).toBe(false);
  });

  test('a public client: the right verifier from another IP address ends it at once', async () => {
    const { refused, lives } = await begin(open);
    await refused({ ipAddress: elsewhere });
    expect(await lives()).toBe(false);
  });

  test('an authenticated client: a retry by another route is forgiven', async () => {
    const { refused, lives } = await begin(confidential);
    await refused({ ipAddress: elsewhere });
    expect(await lives()).toBe(true);
  });

  test('an authenticated client: another request with the same code ends it at once', async () => {
    const { refused, lives } = await begin(confidential);
    await refused({ members: { resource: `${services.config.apiUrl}/haas` } });
    expect(await lives()).toBe(false);
  });

  test.each([
    ['a public client', open],
    ['an authenticated client', confidential],
  ])('%s: a wrong verifier ends nothing, whenever and from wherever it comes', async (_name, app) => {
    const { refused, lives } = await begin(app);
    const members = { code_verifier: randomBytes(32).toString('base64url') };
    await refused({ members, ipAddress: elsewhere });
    clock.advance(6_000);
    await refused({ members, ipAddress: elsewhere });
    expect(await lives()).toBe(true);
  });
});

test('of 50 at once from two IP addresses one succeeds, and its tokens die: one of the two stole the code', async () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
  const code = await obtainCode(origin, { client_id: open.id, scope: 'status:read', ...pkce }, person);
  const responses = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      requestToken(
        origin,
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: callback,
          client_id: open.id,
          code_verifier: verifier,
        },
        { headers: { 'x-forwarded-for': index % 2 === 0 ? here : elsewhere } },
      ),
    ),
  );
  const won = responses.filter(({ status }) => status === 200);
  expect(won).toHaveLength(1);
  const refresh = {
    grant_type: 'refresh_token',
    refresh_token: won[0]?.body.refresh_token,
    client_id: open.id,
  };
  expect((await requestToken(origin, refresh)).body.error).toBe('invalid_grant');
});
