/** The sign-in routes of all products share the counters of an account, and do not lock its owner out. */
import { createTestUser, testPassword } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { startApi } from '../testing/serve.js';

const { services, clock } = await createTestServices({ trustedProxies: 1 });
const api = await startApi(services);

const routes = ['/humanping/api/v1/worker/login', '/haas/v1/auth/login', '/hitl/v1/api/auth/login'];

// Every test begins in fresh windows.
beforeEach(() => clock.advance(3_600_000));

let networks = 0;
const newNetwork = () => `10.8.${Math.floor(networks / 250)}.${networks++ % 250}`;

async function signIn(email: string, password: string, from: string, route = routes[1] ?? '') {
  return api.call(route, { headers: { 'X-Forwarded-For': from }, body: { email, password } });
}

const statusOf = async (...attempt: Parameters<typeof signIn>) => (await signIn(...attempt)).status;

async function guessOften(times: number, email: string): Promise<number[]> {
  const guesses = Array.from({ length: times }, (_, index) =>
    statusOf(email, 'wrong', newNetwork(), routes[index % routes.length]),
  );
  return Promise.all(guesses);
}

test('an account takes ten guesses in all, over the sign-in routes of all products and any spelling', async () => {
  const { email } = await createTestUser(services, { email: 'i\u0307rem.shared@example.com', human: true });
  const spellings = [email, email.toUpperCase(), '\u0130rem.shared@example.com', 'İREM.SHARED@Example.com'];
  const guesses = Array.from({ length: 60 }, (_, index) =>
    statusOf(spellings[index % 4] ?? '', 'wrong', newNetwork(), routes[index % routes.length]),
  );
  const statuses = await Promise.all(guesses);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(50);
});

test.each(routes)(
  'the refusal of %s has the envelope of its product and says how long to wait',
  async (route) => {
    const { email } = await createTestUser(services, { human: true });
    await guessOften(10, email);
    const refused = await signIn(email, testPassword, newNetwork(), route);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(880);
    expect(JSON.stringify(refused.body)).toMatch(/limit/i);
  },
);

test('guesses of others do not lock the owner out of a network from which they signed in before', async () => {
  const { email } = await createTestUser(services, { human: true });
  const home = newNetwork();
  expect(await statusOf(email, testPassword, home)).toBe(200);
  await guessOften(20, email);
  expect(await statusOf(email, testPassword, newNetwork())).toBe(429);
  for (const route of routes) expect(await statusOf(email, testPassword, home, route)).toBe(200);
});

test('a known network has ten guesses of its own', async () => {
  const { email } = await createTestUser(services, { human: true });
  const home = newNetwork();
  await signIn(email, testPassword, home);
  for (let guess = 0; guess < 10; guess += 1) expect(await statusOf(email, 'wrong', home)).toBe(401);
  expect(await statusOf(email, testPassword, home)).toBe(429);
});

test('right passwords are given back', async () => {
  const { email } = await createTestUser(services, { human: true });
  for (let time = 0; time < 12; time += 1)
    expect(await statusOf(email, testPassword, newNetwork())).toBe(200);
});

test('a network is forgotten after 90 days, and an account keeps fifty of them', async () => {
  const user = await createTestUser(services, { human: true });
  const home = newNetwork();
  await signIn(user.email, testPassword, home);
  clock.advance(91 * 86_400_000);
  await guessOften(10, user.email);
  expect(await statusOf(user.email, testPassword, home)).toBe(429);
  clock.advance(900_000);
  for (let time = 0; time < 52; time += 1) await signIn(user.email, testPassword, newNetwork());
  const kept = await services.db('known_networks').where({ user_id: user.id }).count().first();
  expect(Number(kept?.count)).toBe(50);
});

test('what is stored about networks names neither account nor network', async () => {
  const user = await createTestUser(services, { human: true });
  const home = newNetwork();
  await signIn(user.email, testPassword, home);
  const rows = await services.db('known_networks').where({ user_id: user.id });
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(home);
  expect(JSON.stringify(rows)).not.toContain(user.email);
});
