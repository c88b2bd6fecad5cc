/** What somebody without credentials can use up: requests in the name of a client, authorization requests, mails. */
import { signUp } from '../../shared/identity/sign-in/sign-up.js';
import { listSubjects } from '../../shared/testing/people.js';
import { createApp, requestToken, startAuthServer } from '../testing/authorization-flow.js';

const { services, clock, origin } = await startAuthServer({ trustedProxies: 1 });

// Every test begins in fresh windows.
beforeEach(() => clock.advance(3_600_000));

/** Runs calls eight at a time. */
async function repeat<T>(times: number, call: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let done = 0; done < times; done += 8) {
    const batch = Array.from({ length: Math.min(8, times - done) }, (_, index) => call(done + index));
    results.push(...(await Promise.all(batch)));
  }
  return results;
}

const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;

test('a flood of bogus token requests in the name of a public client locks out nobody else', async () => {
  const app = await createApp(services, { public: true });
  const redeem = async (from: string) => {
    const members = {
      grant_type: 'authorization_code',
      code: 'bogus',
      client_id: app.id,
      code_verifier: 'v'.repeat(43),
    };
    const headers = { 'x-forwarded-for': from };
    return (await requestToken(origin, members, { headers })).status;
  };
  const statuses = await repeat(610, () => redeem('192.0.2.66'));
  expect([count(statuses, 400), count(statuses, 429)]).toEqual([600, 10]);
  expect(await redeem('192.0.2.67')).toBe(400);
});

test('one IP address gets fewer than 1,000 authorization requests a minute, pushed ones counted too', async () => {
  const app = await createApp(services, { public: true });
  const headers = { 'x-forwarded-for': '192.0.2.68' };
  const ask = async (index: number) => {
    const query = new URLSearchParams({ client_id: app.id, response_type: 'code' });
    if (index % 10 > 0) {
      return (await fetch(`${origin}/authorize?${query}`, { headers, redirect: 'manual' })).status;
    }
    return (await fetch(`${origin}/request`, { method: 'POST', headers, body: query })).status;
  };
  const statuses = await repeat(1000, ask);
  expect(count(statuses, 429)).toBe(100);
  const elsewhere = { 'x-forwarded-for': '192.0.2.69' };
  const next = await fetch(`${origin}/authorize?client_id=${app.id}`, {
    headers: elsewhere,
    redirect: 'manual',
  });
  expect(next.status).not.toBe(429);
});

test('a browser that asks too often gets a page that says when to come back', async () => {
  const headers = { 'x-forwarded-for': '192.0.2.70', accept: 'text/html' };
  const ask = () => fetch(`${origin}/authorize?client_id=unknown`, { headers, redirect: 'manual' });
  await repeat(900, ask);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('content-type')).toContain('text/html');
});

test('authorization requests of nobody who signs in store no session', async () => {
  const app = await createApp(services);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: 'https://app.example/callback',
    scope: 'status:read',
  });
  const before = await services.db('browser_sessions').count().first();
  await repeat(20, () => fetch(`${origin}/authorize?${query}`, { redirect: 'manual' }));
  expect(await services.db('browser_sessions').count().first()).toEqual(before);
});

test('one mailbox gets at most five sign-up mails an hour, however many people ask for them', async () => {
  const email = 'victim@example.com';
  const ask = (index: number) =>
    signUp(
      services,
      { email: index % 2 ? email : email.toUpperCase(), name: 'A', password: 'a long password' },
      { address: `198.51.100.${index}` },
    );
  await ask(0);
  await repeat(50, (index) => ask(index + 1));
  expect(await listSubjects(services, email)).toHaveLength(5);
  clock.advance(3_600_000);
  await ask(99);
  expect(await listSubjects(services, email)).toHaveLength(6);
});
