/**
 * The authentication page of AgentHuman, retold: each promise of the document is one test. Requests are the ones that
 * the document shows, with only host, path prefix and credentials changed.
 */
import { disableUser } from '../../../../shared/identity/account-status.js';
import { listDevelopmentMails } from '../../../../shared/mail/development.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { anotherProcess, makeKey, makePerson, startApi } from '../../../testing/serve.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const person = await makePerson(services);
const live = await makeKey(services, 'agenthuman', person.id);

const withKey = (key: string) => ({ headers: { 'x-api-key': key } });
const sessions = '/agenthuman/v1/sessions';

async function signIn(email = person.email): Promise<string> {
  await api.call('/agenthuman/v1/auth/otp', { body: { email } });
  const [mail] = await listDevelopmentMails(services, { to: email });
  const response = await api.call('/agenthuman/v1/auth/otp/verify', { body: { email, code: mail?.code } });
  return (response.body as { token: string }).token;
}

describe('JWT Authentication', () => {
  test('OTP and JWT-based authentication: a code by mail brings a token, and a cookie that no script reads', async () => {
    const asked = await api.call('/agenthuman/v1/auth/otp', { body: { email: person.email } });
    expect(asked.status).toBe(200);
    const [mail] = await listDevelopmentMails(services, { to: person.email });
    expect(mail?.code).toMatch(/^\d{6}$/);
    const response = await api.call('/agenthuman/v1/auth/otp/verify', {
      body: { email: person.email, code: mail?.code },
    });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      success: true,
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_in: 604_800,
      user: { id: `usr_${person.id}`, email: person.email, name: person.name },
    });
    expect(response.headers.get('set-cookie')).toMatch(
      /^agenthuman_session=ey[^;]+; Path=\/; HttpOnly; SameSite=Lax/,
    );
    // Sent again within a moment it is the same sign-in; later the code is used.
    const repeat = () =>
      api.call('/agenthuman/v1/auth/otp/verify', { body: { email: person.email, code: mail?.code } });
    expect((await repeat()).status).toBe(200);
    clock.advance(11_000);
    const again = await repeat();
    expect([again.status, again.body]).toEqual([401, { success: false, error: 'Invalid or expired code' }]);
  });

  test('Include the JWT token in the Authorization header: GET /v1/agents', async () => {
    const response = await api.call('/agenthuman/v1/agents', { bearer: await signIn() });
    expect([response.status, response.body]).toEqual([
      200,
      { success: true, agents: [], has_more: false, next_cursor: null },
    ]);
  });

  test('Cookie-based: the cookie opens the same, but not for a write that another site asked for', async () => {
    const cookie = `agenthuman_session=${await signIn()}`;
    expect((await api.call('/agenthuman/v1/agents', { headers: { cookie } })).status).toBe(200);
    const write = (headers: Record<string, string>) =>
      api.call('/agenthuman/v1/agents', { body: { name: 'Greeter' }, headers: { cookie, ...headers } });
    expect((await write({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(401);
    expect((await write({ Origin: 'https://evil.example' })).status).toBe(401);
    expect((await write({ 'Sec-Fetch-Site': 'same-origin' })).status).toBe(201);
  });

  test('a token that was signed out is dead at once, in another process too', async () => {
    const other = await startApi(anotherProcess(services));
    const bearer = await signIn();
    expect((await other.call('/agenthuman/v1/agents', { bearer })).status).toBe(200);
    const out = await api.call('/agenthuman/v1/auth/signout', { method: 'POST', bearer });
    expect(out.status).toBe(200);
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0');
    for (const one of [api, other]) {
      const response = await one.call('/agenthuman/v1/agents', { bearer });
      expect([response.status, response.body]).toEqual([401, { success: false, error: 'Invalid token' }]);
    }
  });

  test('a verified code for an unknown address creates the person', async () => {
    const bearer = await signIn('brand-new@example.com');
    expect((await api.call('/agenthuman/v1/agents', { bearer })).status).toBe(200);
  });
});

describe('API Key Authentication', () => {
  test('Include your API key in the x-api-key header: GET /v1/sessions', async () => {
    const response = await api.call(sessions, withKey(live.key));
    expect([response.status, response.body]).toEqual([
      200,
      { success: true, sessions: [], has_more: false, next_cursor: null },
    ]);
  });

  test('the document’s one command, which calls /api/v1/sessions', async () => {
    expect((await api.call('/agenthuman/api/v1/sessions', withKey(live.key))).status).toBe(200);
  });

  test('Public resource lists (avatars, voices, roles)', async () => {
    for (const list of ['avatars', 'voices', 'roles']) {
      const response = await api.call(`/agenthuman/v1/${list}`, withKey(live.key));
      expect(response.status).toBe(200);
      const body = response.body as Record<string, unknown[]>;
      expect(body[`public_${list}`]?.length).toBeGreaterThan(0);
      expect(body[`my_${list}`]).toEqual([]);
    }
  });

  test('ah_[environment]_[random_string]: a unique 32-character string', async () => {
    const made = await makeKey(services, 'agenthuman', person.id, { environment: 'test' });
    expect(live.key).toMatch(/^ah_live_[a-z0-9]{32}$/);
    expect(made.key).toMatch(/^ah_test_[a-z0-9]{32}$/);
  });

  test('an ah_ key as a Bearer value is no credential', async () => {
    const response = await api.call(sessions, { bearer: live.key });
    expect([response.status, response.body]).toEqual([401, { success: false, error: 'Invalid API key' }]);
  });
});

describe('Programmatic Access', () => {
  test('Create API Key, List API Keys: shown only once; Delete revokes it instantly', async () => {
    const bearer = await signIn();
    const made = await api.call('/agenthuman/v1/api-keys', {
      bearer,
      body: { name: 'Kiosk', environment: 'live' },
    });
    expect(made.status).toBe(201);
    const { api_key: made_ } = made.body as { api_key: { id: string; key: string } };
    expect((await api.call(sessions, withKey(made_.key))).status).toBe(200);
    const list = await api.call('/agenthuman/v1/api-keys', { bearer });
    expect(list.text).toContain('Kiosk');
    expect(list.text).not.toContain(made_.key);
    const renamed = await api.call(`/agenthuman/v1/api-keys/${made_.id}`, {
      method: 'PATCH',
      bearer,
      body: { name: 'Lobby' },
    });
    expect(renamed.body).toMatchObject({ success: true, api_key: { name: 'Lobby' } });
    expect((await api.call(`/agenthuman/v1/api-keys/${made_.id}`, { method: 'DELETE', bearer })).status).toBe(
      200,
    );
    const dead = await api.call(sessions, withKey(made_.key));
    expect([dead.status, dead.body]).toEqual([401, { success: false, error: 'API key has been revoked' }]);
    expect((await api.call('/agenthuman/v1/api-keys', { bearer })).text).not.toContain('Lobby');
  });

  test('keys are managed under a JWT only', async () => {
    const response = await api.call('/agenthuman/v1/api-keys', withKey(live.key));
    expect(response.status).toBe(401);
  });
});

describe('Error Responses', () => {
  test('Invalid API Key', async () => {
    for (const key of ['your_api_key_here', 'ah_live_1234567890abcdefghijklmnopqrstuv', `${live.key}x`]) {
      const response = await api.call(sessions, withKey(key));
      expect([response.status, response.body]).toEqual([401, { success: false, error: 'Invalid API key' }]);
    }
  });

  test('Missing API Key', async () => {
    const response = await api.call(sessions);
    expect([response.status, response.body]).toEqual([401, { success: false, error: 'API key required' }]);
  });

  test('Expired or Revoked Key', async () => {
    const expiresAt = new Date(clock.ms() + 60_000);
    const { key } = await makeKey(services, 'agenthuman', person.id, { expiresAt });
    expect((await api.call(sessions, withKey(key))).status).toBe(200);
    clock.advance(61_000);
    const response = await api.call(sessions, withKey(key));
    expect([response.status, response.body]).toEqual([
      401,
      { success: false, error: 'API key has been revoked' },
    ]);
  });

  test('someone whose account was disabled gets no further with key or token', async () => {
    const gone = await makePerson(services);
    const { key } = await makeKey(services, 'agenthuman', gone.id);
    const bearer = await signIn(gone.email);
    await disableUser(services, gone.id, { kind: 'operator', id: 'test' });
    expect((await api.call(sessions, withKey(key))).status).toBe(401);
    expect((await api.call(sessions, { bearer })).status).toBe(401);
  });
});
