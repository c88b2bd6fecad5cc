/**
 * A token request is one transaction: whatever dies in the middle of it, the code or refresh token is unused
 * afterwards, and the client's retry gets its tokens.
 *
 * The middle is made by hand: the test holds the row of the grant, which a token request writes last. By then the
 * code is consumed and the new tokens are saved, all uncommitted.
 */
import type { Knex } from 'knex';
import { startAuthProcess } from '../../shared/testing/processes.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const [first, second] = await Promise.all([
  startAuthProcess(services.config),
  startAuthProcess(services.config),
]);
const person = await createPerson(services);
const app = await createApp(services, { plan: 'enterprise' });
const client = { client_id: app.id, client_secret: app.secret };

const newCode = () => obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person);
const redeem = (code: string, server = origin) =>
  requestToken(server, { grant_type: 'authorization_code', code, redirect_uri: callback, ...client });
const refresh = (token: string, server = origin) =>
  requestToken(server, { grant_type: 'refresh_token', refresh_token: token, ...client });

/** Sends a request that stops in the middle, lets it die there, and tells how it ended for the client. */
async function dieInTheMiddle(
  send: () => Promise<{ status: number }>,
  die: (backend: number) => Promise<unknown>,
): Promise<number | 'broken off'> {
  const holder: Knex.Transaction = await services.db.transaction();
  await holder('grants').where({ client_id: app.id }).forUpdate();
  const outcome = send().then(
    ({ status }) => status,
    () => 'broken off' as const,
  );
  await die(await findWaiting());
  await holder.rollback();
  return outcome;
}

/** The Postgres process that waits for the row that the test holds. */
async function findWaiting(): Promise<number> {
  for (;;) {
    const { rows } = await services.db.raw(
      `select pid from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query ~ 'update "*grants"* set'`,
    );
    if (rows.length > 0) return rows[0].pid;
  }
}

const breakConnection = (backend: number) => services.db.raw('select pg_terminate_backend(?)', [backend]);

describe('when the connection to Postgres breaks', () => {
  test('a code is unused, and is redeemed by the retry', async () => {
    const code = await newCode();
    expect(await dieInTheMiddle(() => redeem(code), breakConnection)).toBe(503);
    const { status, body } = await redeem(code);
    expect(status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  test('a refresh token is unused, and is rotated by the retry', async () => {
    const { body: first } = await redeem(await newCode());
    expect(await dieInTheMiddle(() => refresh(first.refresh_token), breakConnection)).toBe(503);
    const { status, body } = await refresh(first.refresh_token);
    expect(status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  test('the answer says so in JSON, and not how', async () => {
    const code = await newCode();
    let text = '';
    const send = async () => {
      const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: callback });
      for (const [name, value] of Object.entries(client)) body.set(name, String(value));
      const response = await fetch(`${origin}/token`, { method: 'POST', body });
      text = await response.text();
      return response;
    };
    await dieInTheMiddle(send, breakConnection);
    expect(JSON.parse(text)).toMatchObject({ error: 'temporarily_unavailable' });
    expect(text).not.toMatch(/terminat|connection|postgres|select|update/i);
  });
});

describe('when the process is killed', () => {
  test('code and refresh token are unused, and another process serves the retry', async () => {
    const code = await newCode();
    expect(await dieInTheMiddle(() => redeem(code, first.url), first.kill)).toBe('broken off');
    const { status, body } = await redeem(code);
    expect(status).toBe(200);
    const { refresh_token: token } = body;
    expect(await dieInTheMiddle(() => refresh(token, second.url), second.kill)).toBe('broken off');
    const rotated = await refresh(token);
    expect(rotated.status).toBe(200);
    expect((await refresh(rotated.body.refresh_token)).status).toBe(200);
  });
});
