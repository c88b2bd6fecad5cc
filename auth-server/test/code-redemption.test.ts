/**
 * Redemption of authorization codes: one set of tokens for each code (RFC 6749 section 4.1.2), however many requests
 * present it at once.
 */
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

const { services, clock, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services);

const redeem = (code: string, members: Record<string, string | undefined> = {}) =>
  requestToken(origin, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    client_id: app.id,
    client_secret: app.secret,
    ...members,
  });
const newCode = (parameters: Record<string, string> = {}) =>
  obtainCode(origin, { client_id: app.id, scope: 'status:read', ...parameters }, person);
const refresh = (token: string) =>
  requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: app.id,
    client_secret: app.secret,
  });

/** Returns when this many statements wait for a row that another transaction holds. */
async function untilWaiting(statements: number): Promise<void> {
  for (;;) {
    const { rows } = await services.db.raw(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (rows.length >= statements) return;
  }
}

describe.each(acceptHeaders)('for a caller that accepts %s', (accept) => {
  beforeAll(() => useAcceptHeader(accept));

  test('of 100 parallel redemptions exactly one succeeds, and its tokens work', async () => {
    const atOnce = <T>(call: () => Promise<T>) => Promise.all(Array.from({ length: 100 }, call));
    const code = await newCode();
    // Node accepts one connection in each turn of its event loop: without open connections, the requests would arrive
    // as fast as the earlier ones are handled, on a busy machine more than the five seconds of a retry later.
    await atOnce(async () => (await fetch(`${origin}/health`)).arrayBuffer());
    const responses = await atOnce(() => redeem(code));
    const won = responses.filter((response) => response.status === 200);
    expect(won).toHaveLength(1);
    expect(responses.filter((response) => response.body.error === 'invalid_grant')).toHaveLength(99);
    expect((await refresh(won[0]?.body.refresh_token ?? '')).status).toBe(200);
  }, 60_000);

  test('a code used again while the first request takes long is refused without harm', async () => {
    const code = await newCode();
    // Holds the last row that a redemption writes.
    const holder = await services.db.transaction();
    await holder('grants').where({ client_id: app.id }).forUpdate();
    const first = redeem(code);
    await untilWaiting(1);
    clock.advance(6_000);
    const second = redeem(code);
    await untilWaiting(2);
    await holder.rollback();
    expect((await second).body.error).toBe('invalid_grant');
    expect((await refresh((await first).body.refresh_token)).status).toBe(200);
  });

  test('a code used again later ends what the first use brought', async () => {
    const code = await newCode();
    const { body } = await redeem(code);
    clock.advance(6_000);
    expect((await redeem(code)).body.error).toBe('invalid_grant');
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('a code used again at once is refused without harm: it may be the client’s own retry', async () => {
    const code = await newCode();
    const { body } = await redeem(code);
    expect((await redeem(code)).body.error).toBe('invalid_grant');
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  test('a missing or wrong verifier spends no code and revokes no token', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = await newCode({ code_challenge: challenge, code_challenge_method: 'S256' });
    const wrong = randomBytes(32).toString('base64url');
    expect((await redeem(code, { code_verifier: wrong })).body.error).toBe('invalid_grant');
    expect((await redeem(code)).body.error).toBe('invalid_grant');
    const { status, body } = await redeem(code, { code_verifier: verifier });
    expect(status).toBe(200);
    clock.advance(6_000);
    expect((await redeem(code, { code_verifier: wrong })).body.error).toBe('invalid_grant');
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  test('a verifier for a request without a challenge is refused', async () => {
    const code = await newCode();
    const { body } = await redeem(code, { code_verifier: randomBytes(32).toString('base64url') });
    expect(body.error).toBe('invalid_grant');
  });

  test('a code is over after a minute', async () => {
    const code = await newCode();
    clock.advance(61_000);
    expect((await redeem(code)).body.error).toBe('invalid_grant');
  });

  test('a code is bound to its client and its redirect URI', async () => {
    const other = await createApp(services);
    const code = await newCode();
    const stolen = await redeem(code, { client_id: other.id, client_secret: other.secret });
    expect(stolen.body.error).toBe('invalid_grant');
    expect((await redeem(code, { redirect_uri: 'https://app.example/other' })).body.error).toBe(
      'invalid_grant',
    );
    expect((await redeem(code)).status).toBe(200);
  });

  test('an app with one redirect URI may leave it out of the exchange, an app with several names it', async () => {
    const code = await newCode();
    expect((await redeem(code, { redirect_uri: undefined })).status).toBe(200);
    const two = await createApp(services, { redirectUris: [callback, 'https://app.example/second'] });
    const own = { client_id: two.id, client_secret: two.secret };
    const second = await obtainCode(origin, { client_id: two.id, scope: 'status:read' }, person);
    expect((await redeem(second, { ...own, redirect_uri: undefined })).body.error).toBe('invalid_request');
    expect((await redeem(second, own)).status).toBe(200);
  });
});
