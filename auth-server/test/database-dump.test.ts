/**
 * Whoever gets hold of everything that lies in Postgres and Redis, and of
 * every line that was logged, has nothing that opens anything. The whole way is walked on a process of its own,
 * which logs all it can; what it issued on the way is then looked for.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { createClientSecret } from '../../shared/identity/oauth/oauth-client-secrets.js';
import { listDevelopmentMails } from '../../shared/mail/development.js';
import { FormBrowser, formTo } from '../../shared/testing/form-browser.js';
import { startAuthProcess } from '../../shared/testing/processes.js';
import { createTestServices } from '../../shared/testing/services.js';
import { authorize, callback, createApp, createPerson, requestToken } from '../testing/authorization-flow.js';

const { services } = await createTestServices();
const issuer = 'http://auth.example';
services.config.issuer = issuer;
const redisUrl = `${services.config.redisUrl}/9`;
const server = await startAuthProcess(services.config, {
  REDIS_URL: redisUrl,
  OPEN_REGISTRATION: 'on',
  LOG_LEVEL: 'trace',
});

/** Everything that was issued or typed in, by what it is. */
const secrets = new Map<string, string>();
const keep = (name: string, value: unknown): string => {
  const text = String(value);
  if (text.length < 12) throw new Error(`${name} is too short to be looked for: ${text}`);
  secrets.set(`${name} ${secrets.size}`, text);
  return text;
};
const keepCookies = (browser: FormBrowser) => {
  for (const { name, value } of browser.cookies()) if (value) keep(`cookie ${name}`, value);
};
const keepTokens = (body: Record<string, unknown>) => {
  for (const name of ['access_token', 'refresh_token', 'id_token']) if (body[name]) keep(name, body[name]);
};
const post = (members: Record<string, string | undefined>, path = '/token') =>
  requestToken(server.url, members, { path });

async function walkAuthorization(): Promise<void> {
  const person = await createPerson(services);
  keep('password', person.password);
  const app = await createApp(services);
  const client = { client_id: app.id, client_secret: keep('client secret', app.secret) };
  const actor = { kind: 'person', id: app.userId } as const;
  keep('second secret', await createClientSecret(services, { clientId: app.id, name: 'Two' }, actor));
  const verifier = keep('verifier', randomBytes(32).toString('base64url'));
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const scope = 'openid status:read';
  const request = {
    scope,
    code_challenge,
    code_challenge_method: 'S256',
    state: keep('state', 'x'.repeat(40)),
  };
  const pushed = await post(
    { ...client, response_type: 'code', redirect_uri: callback, ...request },
    '/request',
  );
  const request_uri = keep('request_uri', String(pushed.body.request_uri).split(':').pop());
  expect(request_uri).toBeDefined();
  const browser = new FormBrowser(issuer, server.url);
  await browser.get(
    `/authorize?${new URLSearchParams({ client_id: app.id, request_uri: pushed.body.request_uri })}`,
  );
  keepCookies(browser);
  const { answer } = await authorize(
    browser,
    { client_id: app.id, request_uri: pushed.body.request_uri },
    person,
  );
  keepCookies(browser);
  const exchange = { grant_type: 'authorization_code', redirect_uri: callback, ...client };
  const code = keep('code', answer.get('code'));
  await post({ ...exchange, code, code_verifier: 'w'.repeat(43) });
  const { body: first } = await post({ ...exchange, code, code_verifier: verifier });
  keepTokens(first);
  await post({ ...exchange, code, code_verifier: verifier });
  const refresh = { grant_type: 'refresh_token', ...client };
  const { body: second } = await post({ ...refresh, refresh_token: first.refresh_token });
  keepTokens(second);
  await post({ ...refresh, refresh_token: first.refresh_token });
  await post({ token: second.access_token, ...client }, '/token/introspection');
  await fetch(`${server.url}/userinfo`, { headers: { authorization: `Bearer ${second.access_token}` } });
  await loseTheTable(() => post({ ...refresh, refresh_token: second.refresh_token }));
  const silent = await authorize(browser, { client_id: app.id, scope: 'status:read' }, person);
  keep('unused code', silent.answer.get('code'));
  keepCookies(browser);
}

/** What is logged when a query fails must not carry its values. */
async function loseTheTable(request: () => Promise<{ status: number }>): Promise<void> {
  await services.db.raw('alter table oidc_records rename to lost');
  const { status } = await request();
  await services.db.raw('alter table lost rename to oidc_records');
  expect(status).toBe(500);
}

async function walkMistakes(): Promise<void> {
  const secret = keep('misplaced secret', randomBytes(32).toString('base64url'));
  await post({ grant_type: 'client_credentials', client_id: 'app_x', client_secret: secret });
  await post({}, `/token?client_secret=${secret}&code=${secret}&access_token=${secret}`);
  await fetch(`${server.url}/authorize?client_id=${secret}&request=${secret}&redirect_uri=${secret}`);
  await fetch(`${server.url}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${secret}`, cookie: `a=${secret}` },
    body: `{"client_secret": "${secret}"`,
  });
  const browser = new FormBrowser(issuer, server.url);
  const page = await browser.get('/signin');
  const typed = keep('mistyped password', 'the password of another site');
  await browser.submit(formTo(page, '/signin'), { email: 'nobody@example.com', password: typed });
}

async function walkRegistration(): Promise<void> {
  const response = await fetch(`${server.url}/reg`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [callback], client_name: 'Stranger' }),
  });
  const registered = await response.json();
  keep('registered secret', registered.client_secret);
  const { status } = await post({
    grant_type: 'refresh_token',
    refresh_token: 'x',
    client_id: registered.client_id,
    client_secret: registered.client_secret,
  });
  expect(status).toBe(400);
}

async function walkSignUp(): Promise<void> {
  const browser = new FormBrowser(issuer, server.url);
  const email = 'newcomer@example.com';
  const password = keep('chosen password', 'a password of their own');
  const page = await browser.get('/signup');
  await browser.submit(formTo(page, '/signup'), { name: 'New Comer', email, password });
  await browser.submit(formTo(await browser.get('/forgot'), '/forgot'), { email });
  const mails = await listDevelopmentMails(services, { to: email });
  expect(mails.length).toBeGreaterThan(0);
  for (const { links } of mails) {
    for (const link of links)
      for (const value of new URL(link).searchParams.values()) keep('mailed token', value);
  }
  keepCookies(browser);
}

async function dumpPostgres(): Promise<string> {
  const tables = await services
    .db('pg_catalog.pg_tables')
    .whereNotIn('schemaname', ['pg_catalog', 'information_schema'])
    .select('schemaname', 'tablename');
  const dumps: string[] = [];
  for (const { schemaname, tablename } of tables) {
    const { rows } = await services.db.raw('select t::text as row from ??.?? t', [schemaname, tablename]);
    dumps.push(`${schemaname}.${tablename}`, ...rows.map(({ row }: { row: string }) => row));
  }
  return dumps.join('\n');
}

async function dumpRedis(): Promise<string> {
  const redis = new Redis(redisUrl);
  const dumps: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    if (type === 'string') dumps.push(key, String(await redis.get(key)));
    else if (type === 'hash') dumps.push(key, JSON.stringify(await redis.hgetall(key)));
    else if (type === 'zset') dumps.push(key, (await redis.zrange(key, '0', '-1')).join(' '));
    else throw new Error(`${key} is a ${type}, which this test does not read`);
  }
  await redis.quit();
  return dumps.join('\n');
}

/** Which of the secrets stand in a text, plainly or as bytes in another writing. */
function findIn(text: string): string[] {
  const lower = text.toLowerCase();
  return [...secrets]
    .filter(([, value]) => {
      const bytes = Buffer.from(value);
      const decoded = Buffer.from(value, 'base64url');
      return (
        [value, encodeURIComponent(value), bytes.toString('base64').replace(/=+$/, '')].some((form) =>
          text.includes(form),
        ) ||
        [bytes, ...(decoded.length >= 12 ? [decoded] : [])].some((form) =>
          lower.includes(form.toString('hex')),
        )
      );
    })
    .map(([name]) => name);
}

test('database, Redis and log contain nothing that was issued', async () => {
  await walkAuthorization();
  await walkMistakes();
  await walkRegistration();
  await walkSignUp();
  await server.stop();
  expect(secrets.size).toBeGreaterThan(40);

  const postgres = await dumpPostgres();
  expect(postgres).toContain('public.oidc_records');
  expect(postgres.length).toBeGreaterThan(10_000);
  expect(findIn(postgres)).toEqual([]);

  const redis = await dumpRedis();
  expect(redis).not.toBe('');
  expect(findIn(redis)).toEqual([]);

  const log = server.output();
  expect(log).toContain('"route":"/token"');
  expect(log).toContain('a request failed');
  expect(findIn(log)).toEqual([]);
}, 60_000);
