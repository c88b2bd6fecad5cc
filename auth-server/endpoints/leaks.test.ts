/** Leaked keys that a scanner or a finder reports at POST /leaks. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { listAuditEvents } from '../../shared/audit/audit-list.js';
import { mintKey } from '../../shared/crypto/key-format.js';
import { updateApiKey } from '../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey, rotateOwnApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import {
  apiKeyState,
  createApiKey,
  getApiKey,
  type NewApiKey,
} from '../../shared/identity/api-keys/api-keys.js';
import { parseLeakKeys } from '../../shared/identity/api-keys/leak-report.js';
import { listDevelopmentMails } from '../../shared/mail/development.js';
import { getProduct } from '../../shared/products/index.js';
import { createPerson, startAuthServer } from '../testing/authorization-flow.js';

const github = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = github.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const { services, clock, origin } = await startAuthServer({ leaksPublicKeys: [`key-1=${pem}`] });
const operator = { kind: 'operator', id: 'test' } as const;
const haas = getProduct('haas');

// Every test begins in fresh windows: they all come from one address.
beforeEach(() => clock.advance(3_600_000));

async function createKey(overrides: Partial<NewApiKey> = {}) {
  const owner = await createPerson(services, { human: false });
  const input: NewApiKey = { product: haas, owner: { userId: owner.id }, environment: 'live', ...overrides };
  return { owner, ...(await createApiKey(services, input, operator)) };
}

async function post(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}/leaks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const report = (...values: unknown[]) => post(JSON.stringify({ values }));
const accepted = expect.objectContaining({ status: 202, text: '{}' });

function reportSigned(findings: unknown[], key: KeyObject = github.privateKey, identifier = 'key-1') {
  const body = JSON.stringify(findings);
  return post(body, {
    'github-public-key-identifier': identifier,
    'github-public-key-signature': sign('sha256', Buffer.from(body), key).toString('base64'),
  });
}

const finding = (token: string) => ({
  token,
  type: 'latchkey_api_key',
  url: 'https://github.com/octocat/hello/blob/main/.env#L3',
  source: 'content',
});

const stateOf = async (id: string) => apiKeyState(await getApiKey(services, { id }), clock.now());
const mailsTo = (owner: { email: string }) => listDevelopmentMails(services, { to: owner.email });

test('a live key is revoked when the answer is there, its owner told, and the log knows', async () => {
  const { owner, id, key } = await createKey({ name: 'Production' });
  expect(await report('nonsense', key, 42, null)).toEqual(accepted);
  expect(await stateOf(id)).toBe('revoked');
  const [mail] = await mailsTo(owner);
  expect(mail).toMatchObject({ subject: 'One of your API keys has leaked' });
  expect(mail?.text).toContain('“Production” (haas_live_sk_…');
  expect(mail?.text).toContain('We revoked it');
  expect(mail?.text).not.toContain(key);
  const events = await listAuditEvents(services, owner.id);
  expect(events.slice(0, 2)).toMatchObject([
    { action: 'key.revoked', details: { reason: 'leaked' } },
    { action: 'key.leaked', details: { policy: 'revoke' }, actor: { kind: 'system', id: 'leak-report' } },
  ]);
});

test('a test key goes on, and its owner is told once, however often it is reported', async () => {
  const { owner, id, key } = await createKey({ environment: 'test' });
  await Promise.all(Array.from({ length: 8 }, () => report(key)));
  expect(await stateOf(id)).toBe('active');
  expect(await mailsTo(owner)).toHaveLength(1);
  clock.advance(25 * 3_600_000);
  await report(key);
  expect(await mailsTo(owner)).toHaveLength(2);
});

test('a key with the policy roll has an hour, in which its owner can roll it and it cannot itself', async () => {
  const { owner, id, key } = await createKey({ leakPolicy: 'roll' });
  await report(key);
  expect(await stateOf(id)).toBe('active');
  expect((await mailsTo(owner))[0]?.text).toContain('Roll it before then');
  await expect(rotateOwnApiKey(services, id, {})).rejects.toMatchObject({ code: 'conflict' });
  const successor = await rollApiKey(services, { id }, {}, operator);
  clock.advance(3_601_000);
  expect([await stateOf(id), await stateOf(successor.id)]).toEqual(['expired', 'active']);
});

test('an owner can have a live key left alone and a test key revoked', async () => {
  const [live, test] = [await createKey({ leakPolicy: 'notify' }), await createKey({ environment: 'test' })];
  await updateApiKey(services, { id: test.id }, { leakPolicy: 'revoke' }, operator);
  await report(live.key, test.key);
  expect([await stateOf(live.id), await stateOf(test.id)]).toEqual(['active', 'revoked']);
});

test('a signed report names where the key was found', async () => {
  const { owner, id, key } = await createKey();
  expect(await reportSigned([finding('nonsense'), finding(key)])).toEqual(accepted);
  expect(await stateOf(id)).toBe('revoked');
  expect((await mailsTo(owner))[0]?.text).toContain('https://github.com/octocat/hello/blob/main/.env#L3');
});

describe('nothing happens, and the answer is the same,', () => {
  test.each<[string, (key: string) => Promise<unknown>]>([
    ['for a signature by another key', (key) => reportSigned([finding(key)], otherKey)],
    [
      'for a signature with an identifier that nobody knows',
      (key) => reportSigned([finding(key)], github.privateKey, 'key-2'),
    ],
    [
      'for a signature that is none',
      (key) =>
        post(JSON.stringify([finding(key)]), {
          'github-public-key-identifier': 'key-1',
          'github-public-key-signature': '?',
        }),
    ],
    ["for GitHub's form without a signature", (key) => post(JSON.stringify([finding(key)]))],
    [
      'for a plain report with a false signature',
      (key) => post(JSON.stringify({ values: [key] }), { 'github-public-key-signature': 'AAAA' }),
    ],
    [
      'for a key that is cut or changed',
      (key) => report(key.slice(0, -1), `${key}x`, key.replace('live', 'test')),
    ],
    ['for a body that is not JSON', (key) => post(`values=${key}`)],
    ['for JSON that is no report', (key) => post(JSON.stringify({ value: key }))],
    ['for values in a deep nest', (key) => post(`${'['.repeat(50_000)}"${key}"${']'.repeat(50_000)}`)],
    ['for no body', () => post('')],
  ])('%s', async (_, send) => {
    const { owner, id, key } = await createKey();
    expect(await send(key)).toEqual(accepted);
    expect(await stateOf(id)).toBe('active');
    expect(await mailsTo(owner)).toEqual([]);
  });

  test('for a key that nobody has, and for one that is dead', async () => {
    const { owner, id, key } = await createKey();
    expect(await report(mintKey(haas.keys, 'live'))).toEqual(accepted);
    await updateApiKey(services, { id }, { expiresAt: new Date(clock.ms() - 1000) }, operator);
    expect(await report(key)).toEqual(accepted);
    expect(await mailsTo(owner)).toEqual([]);
  });
});

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

test('what has been signed cannot be changed on the way', async () => {
  const { id, key } = await createKey();
  const body = JSON.stringify([finding(key)]);
  const signature = sign('sha256', Buffer.from(body), github.privateKey).toString('base64');
  const headers = { 'github-public-key-identifier': 'key-1', 'github-public-key-signature': signature };
  expect(await post(body.replace('octocat', 'mallory'), headers)).toEqual(accepted);
  expect(await stateOf(id)).toBe('active');
  expect(await post(body, headers)).toEqual(accepted);
  expect(await stateOf(id)).toBe('revoked');
});

test('a body beyond a megabyte is refused, and findings beyond a thousand are not looked at', async () => {
  const { id, key } = await createKey();
  expect((await post(`{"values":["${'x'.repeat(1_000_001)}"]}`)).status).toBe(413);
  expect(await report(...Array.from({ length: 1000 }, () => 'x'), key)).toEqual(accepted);
  expect(await stateOf(id)).toBe('active');
});

test('one address is stopped after sixty reports a minute', async () => {
  const responses = await Promise.all(Array.from({ length: 65 }, () => report('x')));
  expect(responses.filter(({ status }) => status === 202)).toHaveLength(60);
  const refused = responses.find(({ status }) => status === 429);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test.each([
  ['PEM with an identifier', `abc=${pem}`, 'abc'],
  ['PEM whose line breaks are written out', pem.trim().replaceAll('\n', '\\n'), undefined],
  [
    'base64 with an identifier',
    `abc=${github.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`,
    'abc',
  ],
  ['base64 alone', github.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'), undefined],
])('a public key is read from %s', (_, entry, id) => {
  const [parsed] = parseLeakKeys([entry]);
  expect(parsed?.id).toBe(id);
  expect(parsed?.key.equals(github.publicKey)).toBe(true);
});

test.each([
  ['is a word', 'nonsense'],
  ['is base64 of nothing', `abc=${'A'.repeat(100)}`],
  ['is of another kind', rsa()],
  ['is empty', ''],
])('an entry that %s is refused at the start', (_, entry) => {
  expect(() => parseLeakKeys([entry])).toThrow('LEAKS_PUBLIC_KEYS has an entry that is no P-256 public key.');
});

function rsa(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
