/**
 * The authentication page of HumanPing, retold: each promise of the document is one test. Requests are the ones that
 * the document shows, with only host, path prefix and credentials changed.
 */
import { getMailedToken, getNewestMail } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { rawCall } from '../../../testing/raw-call.js';
import { startApi } from '../../../testing/serve.js';
import { registerTestAgent } from '../testing/tasks.js';

const { services, clock } = await createTestServices({
  rateLimitFactor: 1000,
  productHosts: new Map([['api.humanping.io', 'humanping']]),
});
const api = await startApi(services);
const base = `${api.url}/humanping`;

/** curl's `-d`, which is a POST with the content type that `-H` gives. */
const curl = (path: string, data?: string, headers: Record<string, string> = {}) =>
  fetch(`${base}${path}`, {
    method: data === undefined ? 'GET' : 'POST',
    headers: data === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    body: data,
  });

const read = async (response: Response) => [response.status, await response.json()];

const noKey = [401, { error: 'Missing or invalid API key' }];

describe('Agent Authentication (API Key)', () => {
  const registration = `{
"name": "my-research-agent",
"email": "me@example.com",
"webhook_url": "https://mybot.com/callback"
}`;
  let key = '';

  test('Register via the API: the answer has the five members of the document', async () => {
    const response = await curl('/api/v1/agents/register', registration);
    expect(response.status).toBe(201);
    const body = await response.json();
    expect(body).toEqual({
      agent: {
        id: expect.stringMatching(/^agent_[a-z0-9]{12}$/),
        name: 'my-research-agent',
        api_key: expect.stringMatching(/^hp_live_[A-Za-z0-9]+$/),
        balance_cents: 0,
        free_tasks_remaining: 3,
      },
    });
    key = body.agent.api_key;
  });

  test('Option 1: Authorization header (recommended)', async () => {
    const response = await curl('/api/v1/tasks', undefined, { Authorization: `Bearer ${key}` });
    expect(await read(response)).toEqual([200, { tasks: [], limit: 50, offset: 0, has_more: false }]);
  });

  test('Option 2: x-api-key header', async () => {
    expect((await curl('/api/v1/tasks', undefined, { 'x-api-key': key })).status).toBe(200);
  });

  test('with both headers the first wins', async () => {
    const both = (bearer: string, other: string) =>
      curl('/api/v1/tasks', undefined, { Authorization: `Bearer ${bearer}`, 'x-api-key': other });
    expect((await both(key, 'hp_live_abc123')).status).toBe(200);
    expect((await both('hp_live_abc123', key)).status).toBe(401);
  });

  test('New agents get 3 free tasks to try the platform. No credit card required.', async () => {
    const agent = await registerTestAgent(api);
    const create = () => agent.call('/tasks', { body: { description: 'Is it open?', budget_cents: 500 } });
    for (let task = 0; task < 3; task += 1) expect((await create()).status).toBe(201);
    const fourth = await create();
    expect([fourth.status, fourth.body]).toEqual([402, { error: 'Insufficient balance' }]);
    expect((await agent.call('/agents/me')).body).toMatchObject({
      agent: { balance_cents: 0, free_tasks_remaining: 0 },
    });
  });

  test('Rotate keys if you suspect a leak — re-register your agent to get a new one', async () => {
    const response = await curl('/api/v1/agents/register', registration, { Authorization: `Bearer ${key}` });
    expect(response.status).toBe(201);
    const { agent } = (await response.json()) as { agent: { api_key: string } };
    expect(agent.api_key).not.toBe(key);
    expect(await read(await curl('/api/v1/tasks', undefined, { 'x-api-key': key }))).toEqual(noKey);
    expect((await curl('/api/v1/tasks', undefined, { 'x-api-key': agent.api_key })).status).toBe(200);
  });
});

describe('Worker Authentication (JWT)', () => {
  const registration = '{"name": "Alex", "email": "alex@example.com", "password": "securepass"}';
  const login = '{"email": "alex@example.com", "password": "securepass"}';

  test('Register: a verification email is sent, and there is no token yet', async () => {
    const response = await curl('/api/v1/worker/register', registration);
    expect(await read(response)).toEqual([
      201,
      {
        worker: {
          id: expect.stringMatching(/^worker_[0-9a-f]{24}$/),
          name: 'Alex',
          email: 'alex@example.com',
          email_verified: false,
        },
      },
    ]);
    const { links } = await getNewestMail(services, 'alex@example.com');
    expect(links[0]).toContain('/humanping/api/v1/worker/verify?token=');
  });

  test('401 before 403: only who knows the password learns that the address is not verified', async () => {
    const wrong = '{"email": "alex@example.com", "password": "something else"}';
    expect(await read(await curl('/api/v1/worker/login', wrong))).toEqual([
      401,
      { error: 'Invalid password' },
    ]);
    expect(await read(await curl('/api/v1/worker/login', login))).toEqual([
      403,
      { error: 'Email not verified' },
    ]);
  });

  test('Click the link to activate your account', async () => {
    const token = await getMailedToken(services, 'alex@example.com');
    const link = `/api/v1/worker/verify?token=${token}`;
    const page = await curl(link);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('<form method="post"><button type="submit">Confirm the address');
    const confirmed = await fetch(`${api.url}/humanping${link}`, { method: 'POST' });
    expect(await confirmed.text()).toContain('Your address is confirmed');
    expect((await curl(link)).status).toBe(410);
  });

  test('Login: the response includes a JWT, HS256, valid for 7 days', async () => {
    const response = await curl('/api/v1/worker/login', login);
    expect(response.status).toBe(200);
    const { worker, token } = await response.json();
    expect(worker).toMatchObject({ id: expect.stringMatching(/^worker_/), name: 'Alex', trust_score: 1 });
    expect(token.startsWith('eyJhbGciOiJIUzI1NiIs')).toBe(true);
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
    expect(claims.exp - claims.iat).toBe(7 * 86_400);
    const me = () => curl('/api/v1/worker/me', undefined, { Authorization: `Bearer ${token}` });
    expect((await me()).status).toBe(200);
    clock.advance(7 * 86_400_000 - 60_000);
    expect((await me()).status).toBe(200);
    clock.advance(61_000);
    expect(await read(await me())).toEqual(noKey);
    expect((await curl('/api/v1/worker/login', login)).status).toBe(200);
  });
});

describe('Authentication Errors', () => {
  test('401 Missing or invalid API key: no header, or the key doesn’t match', async () => {
    const attempts: Record<string, string>[] = [
      {},
      { Authorization: 'Bearer hp_live_abc123...' },
      { 'x-api-key': 'hp_live_abc123...' },
      { Authorization: 'Basic aHBfbGl2ZTo=' },
    ];
    for (const headers of attempts) {
      expect(await read(await curl('/api/v1/tasks', undefined, headers))).toEqual(noKey);
    }
  });

  test('401 also for a JWT where a key belongs, and a key where a JWT belongs', async () => {
    const agent = await registerTestAgent(api);
    const response = await curl(
      '/api/v1/worker/login',
      '{"email":"alex@example.com","password":"securepass"}',
    );
    const { token } = await response.json();
    const as = (path: string, bearer: string) => curl(path, undefined, { Authorization: `Bearer ${bearer}` });
    expect(await read(await as('/api/v1/tasks', token))).toEqual(noKey);
    expect(await read(await as('/api/v1/worker/me', agent.key))).toEqual(noKey);
  });

  test('401 Invalid password, for an unknown address too', async () => {
    const unknown = '{"email": "nobody@example.com", "password": "securepass"}';
    expect(await read(await curl('/api/v1/worker/login', unknown))).toEqual([
      401,
      { error: 'Invalid password' },
    ]);
  });

  test('409 Already registered: an agent or worker with this email exists, in whatever case', async () => {
    const registered = [409, { error: 'Already registered' }];
    const agent = '{"name":"x","email":"ME@example.com"}';
    const worker = '{"name":"x","email":"ALEX@example.com","password":"another pass"}';
    expect(await read(await curl('/api/v1/agents/register', agent))).toEqual(registered);
    expect(await read(await curl('/api/v1/worker/register', worker))).toEqual(registered);
    const unchanged = '{"email":"alex@example.com","password":"securepass"}';
    expect((await curl('/api/v1/worker/login', unchanged)).status).toBe(200);
  });

  test('one address can be an agent and a worker', async () => {
    const worker = '{"name":"Me","email":"me@example.com","password":"securepass"}';
    expect((await curl('/api/v1/worker/register', worker)).status).toBe(201);
  });
});

describe('Where it is served', () => {
  test('https://api.humanping.io/api/v1/tasks: by host, with the path of the document', async () => {
    const { key } = await registerTestAgent(api);
    const fields = ['Authorization', `Bearer ${key}`];
    const response = await rawCall(`${api.url}/api/v1/tasks`, fields, 'api.humanping.io');
    expect([response.status, response.body]).toEqual([
      200,
      { tasks: [], limit: 50, offset: 0, has_more: false },
    ]);
  });

  test('All API calls must use HTTPS in production', async () => {
    const config = { ...services.config, production: true, trustedProxies: 1 };
    const production = await startApi({ ...services, config });
    const response = await production.call('/humanping/api/v1/tasks', {
      headers: { 'X-Forwarded-Proto': 'http' },
    });
    expect([response.status, response.body]).toEqual([403, { error: 'HTTPS required' }]);
  });
});
