/**
 * Redemptions and refreshes that race over two processes, each with its own connections to Postgres.
 */
import { startAuthProcess } from '../../shared/testing/processes.js';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
  type TokenResponse,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer({ rateLimitFactor: 100 });
const second = await startAuthProcess(services.config, { RATE_LIMIT_FACTOR: '100', LOG_LEVEL: 'silent' });
const servers = [origin, second.url];
const person = await createPerson(services);
const app = await createApp(services);
const client = { client_id: app.id, client_secret: app.secret };

const newCode = () => obtainCode(origin, { client_id: app.id, scope: 'status:read' }, person);
const redeem = (server: string, code: string) =>
  ask(server, { grant_type: 'authorization_code', code, redirect_uri: callback, ...client });
const refresh = (server: string, token: string) =>
  ask(server, { grant_type: 'refresh_token', refresh_token: token, ...client });

/** As clients do: "not now" is asked again. On a busy machine, the last of five hundred wait long. */
async function ask(server: string, members: Record<string, string | undefined>): Promise<TokenResponse> {
  const response = await requestToken(server, members);
  return response.status === 503 ? ask(server, members) : response;
}

/** The same call `times` at once, every other one to the other process. */
const atOnce = <T>(times: number, call: (server: string) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => call(String(servers[index % servers.length]))));

/**
 * Opens the connections: Node accepts one in each turn of its event loop, so that without them the requests would
 * arrive as fast as the earlier ones are handled and not at once.
 */
const connect = (times: number) =>
  atOnce(times, async (server) => (await fetch(`${server}/health`)).arrayBuffer());

test('of 500 parallel redemptions of one code exactly one succeeds, and its tokens work', async () => {
  const code = await newCode();
  await connect(500);
  const responses = await atOnce(500, (server) => redeem(server, code));
  const won = responses.filter(({ status }) => status === 200);
  expect(won).toHaveLength(1);
  expect(
    responses.filter(({ status, body }) => status === 400 && body.error === 'invalid_grant'),
  ).toHaveLength(499);
  const fresh = await refresh(second.url, won[0]?.body.refresh_token ?? '');
  expect(fresh.status).toBe(200);
  const introspected = await requestToken(
    origin,
    { token: fresh.body.access_token, ...client },
    { path: '/token/introspection' },
  );
  expect(introspected.body.active).toBe(true);
}, 120_000);

test('200 parallel refreshes with one token bring one successor to all, and no second one', async () => {
  const { body: first } = await redeem(origin, await newCode());
  const responses = await atOnce(200, (server) => refresh(server, first.refresh_token));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(responses.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  const successor = responses[0]?.body.refresh_token;
  const [grant] = await services
    .db('oidc_records')
    .where({ model: 'RefreshToken' })
    .orderBy('created_at', 'desc');
  const family = { model: 'RefreshToken', grant_id: grant.grant_id };
  expect(await services.db('oidc_records').where(family)).toHaveLength(2);
  expect((await refresh(second.url, successor ?? '')).status).toBe(200);
  expect((await refresh(origin, first.refresh_token)).body.error).toBe('invalid_grant');
}, 120_000);
