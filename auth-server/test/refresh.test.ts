/**
 * Refresh tokens rotate with each use (RFC 9700 section 4.14), and a lost answer can be asked for again.
 */
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
const minute = 60_000;
const day = 24 * 60 * minute;

async function firstTokens(choice: Record<string, string> = {}) {
  const code = await obtainCode(
    origin,
    { client_id: app.id, scope: 'tasks:dispatch status:read', prompt: 'consent' },
    person,
    choice,
  );
  const { body } = await requestToken(origin, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    client_id: app.id,
    client_secret: app.secret,
  });
  return body;
}

const refresh = (token: string, members: Record<string, string | undefined> = {}) =>
  requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: app.id,
    client_secret: app.secret,
    ...members,
  });

describe.each(acceptHeaders)('for a caller that accepts %s', (accept) => {
  beforeAll(() => useAcceptHeader(accept));

  test('a refresh brings the same six members with a new pair, each time, also to a client with a secret', async () => {
    const first = await firstTokens();
    const { status, body } = await refresh(first.refresh_token);
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^haas_at_/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^haas_rt_/),
      scope: 'tasks:dispatch status:read',
      human_id: `usr_${person.id}`,
    });
    expect(body.refresh_token).not.toBe(first.refresh_token);
    const third = await refresh(body.refresh_token);
    expect(new Set([first.refresh_token, body.refresh_token, third.body.refresh_token]).size).toBe(3);
  });

  test('a public client’s tokens rotate just so, and a replay ends them', async () => {
    const { id } = await createApp(services, { public: true });
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const challenge = {
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    };
    const code = await obtainCode(origin, { client_id: id, scope: 'status:read', ...challenge }, person);
    const members = { grant_type: 'authorization_code', code, redirect_uri: callback, client_id: id };
    const { body: first } = await requestToken(origin, { ...members, code_verifier: verifier });
    const own = (token: string) => refresh(token, { client_id: id, client_secret: undefined });
    const { body: second } = await own(first.refresh_token);
    const { body: third } = await own(second.refresh_token);
    expect((await own(first.refresh_token)).body.error).toBe('invalid_grant');
    expect((await own(third.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('200 parallel refreshes with one token all get one and the same successor', async () => {
    const first = await firstTokens();
    const responses = await Promise.all(Array.from({ length: 200 }, () => refresh(first.refresh_token)));
    expect(new Set(responses.map((response) => response.status))).toEqual(new Set([200]));
    expect(new Set(responses.map((response) => response.body.refresh_token)).size).toBe(1);
    expect(new Set(responses.map((response) => response.body.access_token)).size).toBe(1);
    const successor = responses[0]?.body.refresh_token;
    expect((await refresh(successor ?? '')).status).toBe(200);
  }, 60_000);

  test('inside the window the same answer comes again; a window does not slide with its use', async () => {
    const first = await firstTokens();
    const second = await refresh(first.refresh_token);
    clock.advance(40_000);
    expect((await refresh(first.refresh_token)).body).toEqual(second.body);
    clock.advance(25_000);
    expect((await refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(second.body.refresh_token)).body.error).toBe('invalid_grant');
  });

  test('a replay after the successor was used ends the family and leaves an alert in the audit log', async () => {
    const first = await firstTokens();
    const second = await refresh(first.refresh_token);
    const third = await refresh(second.body.refresh_token);
    expect(third.status).toBe(200);
    expect((await refresh(first.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(third.body.refresh_token)).body.error).toBe('invalid_grant');
    const alerts = await services
      .db('audit_events')
      .where({ action: 'token.replayed', account_id: person.id });
    expect(alerts.length).toBeGreaterThan(0);
  });

  test('another client, a wider scope and a foreign resource are refused, and spend nothing', async () => {
    const other = await createApp(services);
    const first = await firstTokens();
    const token = first.refresh_token;
    expect((await refresh(token, { client_id: other.id, client_secret: other.secret })).body.error).toBe(
      'invalid_grant',
    );
    expect((await refresh(token, { scope: 'tasks:dispatch profile:read' })).body.error).toBe('invalid_scope');
    expect((await refresh(token, { resource: 'https://elsewhere.example' })).body.error).toBe(
      'invalid_target',
    );
    expect((await refresh(token)).status).toBe(200);
    expect((await refresh(token, { client_id: other.id, client_secret: other.secret })).body.error).toBe(
      'invalid_grant',
    );
    expect((await refresh(token, { scope: 'tasks:dispatch profile:read' })).body.error).toBe('invalid_scope');
  });

  test('a repetition with another scope than the first request does not get the stored answer', async () => {
    const first = await firstTokens();
    expect((await refresh(first.refresh_token)).status).toBe(200);
    expect((await refresh(first.refresh_token, { scope: 'status:read' })).body.error).toBe('invalid_grant');
  });

  test('30 days slide with use, unused ones end it, and a year is the end in any case', async () => {
    let { refresh_token: token } = await firstTokens();
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(29 * day);
      const { status, body } = await refresh(token);
      expect(status).toBe(200);
      token = body.refresh_token;
    }
    clock.advance(31 * day);
    expect((await refresh(token)).body.error).toBe('invalid_grant');

    ({ refresh_token: token } = await firstTokens());
    for (let turn = 0; turn < 12; turn += 1) {
      clock.advance(29 * day);
      ({ refresh_token: token } = (await refresh(token)).body);
    }
    clock.advance(29 * day);
    expect((await refresh(token)).body.error).toBe('invalid_grant');
  });

  test('consent for this once brings no refresh token; for 30 days it ends after 30 days', async () => {
    expect(await firstTokens({ duration: 'once' })).not.toHaveProperty('refresh_token');
    let { refresh_token: token } = await firstTokens({ duration: '30d' });
    clock.advance(20 * day);
    ({ refresh_token: token } = (await refresh(token)).body);
    clock.advance(11 * day);
    expect((await refresh(token)).body.error).toBe('invalid_grant');
  });

  test('a refresh without scope keeps the scopes, also after one that asked for fewer', async () => {
    const first = await firstTokens();
    const narrow = await refresh(first.refresh_token, { scope: 'status:read' });
    expect(narrow.body.scope).toBe('status:read');
    const wide = await refresh(narrow.body.refresh_token);
    expect(wide.body.scope).toBe('tasks:dispatch status:read');
  });
});
