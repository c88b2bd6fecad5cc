/**
 * Limits of the authorization server.
 * Covers: sign-in per account and per address, parallel guesses, the owner's own browser, tokens and introspection
 * per client, failed clients, other 401s, registration.
 */
import { addressSubject } from '../../shared/limiter/subjects.js';
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import { createApp, createPerson, requestToken, startAuthServer } from '../testing/authorization-flow.js';
import { authLimits, takeLimits } from './limits.js';

const { services, clock, origin } = await startAuthServer({ openRegistration: true });

// Every test begins in fresh windows: they all come from one address.
beforeEach(() => clock.advance(3_600_000));

async function signIn(email: string, password: string, browser = new FormBrowser(origin)): Promise<Page> {
  const page = await browser.get('/signin');
  return browser.submit(formTo(page, '/signin'), { email, password });
}

async function signInOften(times: number, email: string, password: string): Promise<number[]> {
  const pages = await Promise.all(Array.from({ length: times }, () => signIn(email, password)));
  return pages.map(({ status }) => status);
}

const countOf = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;

describe('signing in', () => {
  test('the eleventh wrong password for an address within 15 minutes is refused, and told when to come back', async () => {
    const { email } = await createPerson(services);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await signIn(email, 'wrong')).status).toBe(401);
    }
    const refused = await signIn(email, 'wrong');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(880);
    expect(refused.headers.get('ratelimit-policy')).toContain('"signInAccount";q=10;w=900');
    expect(refused.html).toContain('Too many tries. Wait 15 minutes');
    clock.advance(900_000);
    expect((await signIn(email, 'wrong')).status).toBe(401);
  });

  test('an address that nobody has is refused just so', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) await signIn('nobody@example.com', 'wrong');
    expect((await signIn('nobody@example.com', 'wrong')).status).toBe(429);
  });

  test('of 30 guesses at once no more than ten are looked at', async () => {
    const { email } = await createPerson(services);
    const statuses = await signInOften(30, email, 'wrong');
    expect([countOf(statuses, 401), countOf(statuses, 429)]).toEqual([10, 20]);
  });

  test('right passwords do not count', async () => {
    const { email, password } = await createPerson(services);
    for (let attempt = 0; attempt < 12; attempt += 1) {
      expect((await signIn(email, password)).status).toBe(303);
    }
  });

  test('strangers who use up the tries do not lock the owner out of a browser that knows them', async () => {
    const { email, password } = await createPerson(services);
    const own = new FormBrowser(origin);
    await signIn(email, password, own);
    const signedOut = await own.submit(formTo(await own.get('/signout'), '/signout'), { logout: 'yes' });
    expect(signedOut.status).toBe(200);
    await signInOften(12, email, 'wrong');
    expect((await signIn(email, password)).status).toBe(429);
    expect((await signIn(email, password, own)).status).toBe(303);
  });

  test('a browser that knows one account has no more tries at another', async () => {
    const known = await createPerson(services);
    const other = await createPerson(services);
    const browser = new FormBrowser(origin);
    await signIn(known.email, known.password, browser);
    await signInOften(10, other.email, 'wrong');
    await browser.submit(formTo(await browser.get('/signout'), '/signout'), { logout: 'yes' });
    expect((await signIn(other.email, 'wrong', browser)).status).toBe(429);
  });

  test('one network address has a hundred failures, whatever the accounts', async () => {
    const subject = addressSubject('127.0.0.1');
    await takeLimits(services, [{ limit: 'signInAddress', subject, cost: 99 }]);
    expect((await signIn('one@example.com', 'wrong')).status).toBe(401);
    expect((await signIn('two@example.com', 'wrong')).status).toBe(429);
  });
});

describe('becoming someone and getting back in', () => {
  async function send(path: string, fields: Record<string, string>): Promise<Page> {
    const browser = new FormBrowser(origin);
    return browser.submit(formTo(await browser.get(path), path), fields);
  }

  test('one network address makes 20 accounts an hour', async () => {
    const subject = addressSubject('127.0.0.1');
    await takeLimits(services, [{ limit: 'signUp', subject, cost: 19 }]);
    const signUp = (email: string) =>
      send('/signup', { name: 'Someone', email, password: 'correct horse battery' });
    expect((await signUp('twentieth@example.com')).status).toBe(200);
    const refused = await signUp('twenty-first@example.com');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
  });

  test('one email address gets three mails an hour, whoever asks and whether or not it is known', async () => {
    const { email } = await createPerson(services);
    for (const address of [email, 'unknown@example.com']) {
      for (let mail = 0; mail < 3; mail += 1) {
        expect((await send('/forgot', { email: address })).status).toBe(200);
      }
      expect((await send('/forgot', { email: address.toUpperCase() })).status).toBe(429);
    }
  });
});

describe('clients', () => {
  const credentials = { grant_type: 'client_credentials', scope: 'status:read' };

  test.each([
    ['tokens', '/token', { ...credentials }],
    ['introspection', '/token/introspection', { token: 'haas_at_unknown' }],
  ] as const)(
    '%s of one client end at the figure of the facts, and another client goes on',
    async (limit, path, members) => {
      const [app, other] = [await createApp(services), await createApp(services)];
      const ask = ({ id, secret }: typeof app) =>
        requestToken(origin, { ...members, client_id: id, client_secret: secret }, { path });
      const { quota } = authLimits[limit];
      await takeLimits(services, [{ limit, subject: `client:${app.id}`, cost: quota - 1 }]);
      const last = await ask(app);
      expect(last.status).not.toBe(429);
      expect(last.headers.get('ratelimit')).toContain(`"${limit}";r=0;`);
      const refused = await ask(app);
      expect(refused).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ask(other)).status).not.toBe(429);
    },
  );

  test('whoever only claims to be a client uses up nothing of it, and is stopped after 60 tries', async () => {
    const app = await createApp(services);
    const ask = (secret: string | undefined) =>
      requestToken(origin, { ...credentials, client_id: app.id, client_secret: secret });
    for (let attempt = 0; attempt < 60; attempt += 1) expect((await ask('wrong')).status).toBe(401);
    expect((await ask('wrong')).status).toBe(429);
    const { usages } = await takeLimits(services, [
      { limit: 'tokens', subject: `client:${app.id}`, cost: 0 },
    ]);
    expect(usages[0]?.used).toBe(0);
    clock.advance(60_000);
    expect((await ask('wrong')).status).toBe(401);
  });

  test('bad tokens end after 60 a minute', async () => {
    const ask = () => fetch(`${origin}/userinfo`, { headers: { authorization: 'Bearer haas_at_bad' } });
    for (let attempt = 0; attempt < 60; attempt += 1) expect((await ask()).status).toBe(401);
    expect((await ask()).status).toBe(429);
  });

  test('registrations from one network address end after 60 an hour', async () => {
    const subject = addressSubject('127.0.0.1');
    await takeLimits(services, [{ limit: 'registration', subject, cost: 60 }]);
    const refused = await fetch(`${origin}/reg`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3500);
  });
});
