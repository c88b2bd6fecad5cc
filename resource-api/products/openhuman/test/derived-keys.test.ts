/**
 * A key that a program makes at `POST /v1/api-keys` never exceeds the credential that made it: permissions, expiry,
 * allowlist, environment and revocability are the maker's, and the owner is mailed.
 */
import {
  disableApiKey,
  revokeApiKey,
  updateApiKey,
} from '../../../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey } from '../../../../shared/identity/api-keys/api-key-rolling.js';
import { disconnectApp, endGrants } from '../../../../shared/identity/oauth/grants.js';
import {
  deleteOAuthClient,
  setClientDisabled,
} from '../../../../shared/identity/oauth/oauth-client-changes.js';
import { upsertRecord } from '../../../../shared/identity/oauth/oidc-records.js';
import { getNewestMail, listSubjects } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../../testing/serve.js';
import { makeAccessToken } from '../../../testing/tokens.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const operator = { kind: 'operator', id: 'test' } as const;
const mailSubject = 'A program made an API key for your account';

interface KeyBody {
  id: string;
  key: string;
  scopes: string[];
  expires_at: string | null;
}

const make = (bearer: string, members: object = {}) =>
  api.call('/openhuman/v1/api-keys', { bearer, body: { name: 'Made', ...members } });

async function made(bearer: string, members: object = {}): Promise<KeyBody> {
  const response = await make(bearer, members);
  expect(response.status).toBe(201);
  return response.body as KeyBody;
}

const statusOf = async (bearer: string, headers: Record<string, string> = {}) =>
  (await api.call('/openhuman/v1/me', { bearer, headers })).status;

const hours = (count: number) => new Date(clock.now().getTime() + count * 3_600_000);

async function tokenFor(scopes: string[]) {
  const [owner, person] = [await makePerson(services), await makePerson(services)];
  const made = await makeAccessToken(services, {
    productId: 'openhuman',
    ownerId: owner.id,
    personId: person.id,
    scopes,
  });
  return { ...made, owner, person };
}

describe('made with a key', () => {
  test('has no permission that the maker lacks, and the maker’s when it asks for none', async () => {
    const person = await makePerson(services);
    const narrow = await makeKey(services, 'openhuman', person.id, { permissions: ['admin', 'read'] });
    expect((await make(narrow.key)).status).toBe(403);
    expect((await make(narrow.key, { scopes: ['write'] })).status).toBe(403);
    expect((await made(narrow.key, { scopes: ['read'] })).scopes).toEqual(['read']);
    const mail = await getNewestMail(services, person.email);
    expect(mail.subject).toBe(mailSubject);
  });

  test('ends no later than its maker, whatever it asks for', async () => {
    const person = await makePerson(services);
    const end = hours(10);
    const { key } = await makeKey(services, 'openhuman', person.id, { expiresAt: end });
    for (const members of [{}, { expires_at: hours(1000).toISOString() }]) {
      expect((await made(key, members)).expires_at).toBe(end.toISOString());
    }
    const sooner = hours(1).toISOString();
    expect((await made(key, { expires_at: sooner })).expires_at).toBe(sooner);
  });

  test('has its maker’s allowlist', async () => {
    const person = await makePerson(services);
    const { id, key } = await makeKey(services, 'openhuman', person.id);
    await services
      .db('api_keys')
      .where({ id })
      .update({ ip_allowlist: ['127.0.0.0/8', '::1/128'] });
    const { id: madeId } = await made(key);
    const row = await services
      .db('api_keys')
      .where({ id: madeId.replace('key_', '') })
      .first();
    expect(row.ip_allowlist).toEqual(['127.0.0.0/8', '::1/128']);
  });

  test('is not made by a key that was reported as leaked', async () => {
    const person = await makePerson(services);
    const { id, key } = await makeKey(services, 'openhuman', person.id);
    await services.db('api_keys').where({ id }).update({ leaked_at: clock.now() });
    expect((await make(key)).status).toBe(409);
    expect(await listSubjects(services, person.email)).toEqual([]);
  });

  test.each([
    ['revoked', (id: string) => revokeApiKey(services, { id }, operator)],
    ['disabled', (id: string) => disableApiKey(services, { id }, operator)],
    [
      'brought to an end',
      (id: string) => updateApiKey(services, { id }, { expiresAt: clock.now() }, operator),
    ],
  ])('ends, and what it made itself, when its maker is %s', async (_, end) => {
    const person = await makePerson(services);
    const { id, key } = await makeKey(services, 'openhuman', person.id);
    const child = await made(key);
    const grandchild = await made(child.key);
    expect([await statusOf(child.key), await statusOf(grandchild.key)]).toEqual([200, 200]);
    await end(id);
    expect([await statusOf(child.key), await statusOf(grandchild.key)]).toEqual([401, 401]);
  });

  test('is narrowed with its maker', async () => {
    const person = await makePerson(services);
    const { id, key } = await makeKey(services, 'openhuman', person.id);
    const child = await made(key);
    await updateApiKey(services, { id }, { permissions: ['read', 'admin'] }, operator);
    const list = await api.call('/openhuman/v1/agents', { bearer: child.key, body: { name: 'Agent' } });
    expect(list.status).toBe(403);
  });

  test('lives on with the successor of its maker, and ends with that', async () => {
    const person = await makePerson(services);
    const { id, key } = await makeKey(services, 'openhuman', person.id);
    const child = await made(key);
    const rolled = await rollApiKey(services, { id }, { graceSeconds: 0 }, operator);
    expect([await statusOf(key), await statusOf(child.key)]).toEqual([401, 200]);
    await revokeApiKey(services, { id: rolled.id }, operator);
    expect(await statusOf(child.key)).toBe(401);
  });
});

describe('made with an access token', () => {
  const scopes = ['read', 'write', 'delete', 'admin'];

  test.each([
    ['the person disconnects the app', 'disconnect'],
    ['the grant is revoked', 'grant'],
    ['the app is deleted', 'delete'],
    ['the app is disabled', 'disable'],
  ])('hangs on the grant: it ends when %s', async (_, way) => {
    const { token, clientId, grantId, person } = await tokenFor(scopes);
    const { key } = await made(token);
    const rolled = await api.call('/openhuman/key/rotate', { bearer: key, body: { grace_seconds: 60 } });
    const successor = (rolled.body as { key: string }).key;
    expect([await statusOf(key), await statusOf(successor)]).toEqual([200, 200]);
    if (way === 'disconnect') await disconnectApp(services, { userId: person.id, clientId }, operator);
    if (way === 'grant') await endGrants(services, { id: grantId }, operator);
    if (way === 'delete') await deleteOAuthClient(services, clientId, operator);
    if (way === 'disable') await setClientDisabled(services, clientId, true, operator);
    expect([await statusOf(key), await statusOf(successor)]).toEqual([401, 401]);
  });

  test('ends no later than the grant, and its owner is mailed', async () => {
    const { token, grantId, person } = await tokenFor(scopes);
    const { expires_at: end } = await made(token, { expires_at: hours(24 * 3650).toISOString() });
    const grant = await services.db('grants').where({ id: grantId }).first();
    expect(end).toBe(grant.expires_at.toISOString());
    expect(await listSubjects(services, person.email)).toEqual([mailSubject]);
    clock.advance(1_000);
  });

  test('is not made by a token without the scope', async () => {
    const { token } = await tokenFor(['read', 'admin']);
    expect((await make(token)).status).toBe(403);
    expect((await made(token, { scopes: ['read'] })).scopes).toEqual(['read']);
  });

  test('of client credentials ends with the token and with the app', async () => {
    const { clientId, owner } = await tokenFor(scopes);
    const token = `at_${'c'.repeat(43)}`;
    const expires = services.clock.seconds() + 600;
    const audience = (await services.db('oidc_records').where({ model: 'AccessToken' }).first()).payload.aud;
    const payload = {
      kind: 'ClientCredentials',
      clientId,
      scope: scopes.join(' '),
      aud: audience,
      exp: expires,
    };
    await upsertRecord(services, 'ClientCredentials', token, payload, 600);
    const { key, expires_at: end } = await made(token);
    expect(end).toBe(new Date(expires * 1000).toISOString());
    expect(await listSubjects(services, owner.email)).toEqual([mailSubject]);
    await deleteOAuthClient(services, clientId, operator);
    expect(await statusOf(key)).toBe(401);
  });
});

test('50 keys that are made while their maker is revoked all end with it', async () => {
  const person = await makePerson(services);
  const { id, key } = await makeKey(services, 'openhuman', person.id);
  const attempts = Array.from({ length: 50 }, () => make(key));
  const revoked = attempts[10]?.then(() => revokeApiKey(services, { id }, operator));
  const responses = await Promise.all(attempts);
  await revoked;
  const keys = responses.flatMap(({ body }) => (body as KeyBody).key ?? []);
  expect(keys.length).toBeGreaterThan(0);
  expect(new Set(await Promise.all(keys.map((value) => statusOf(value))))).toEqual(new Set([401]));
});
