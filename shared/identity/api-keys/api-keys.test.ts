import { recordAudit } from '../../audit/audit.js';
import { readAnchors } from '../../audit/audit-anchors.js';
import { listAuditEvents } from '../../audit/audit-list.js';
import { verifyAudit } from '../../audit/audit-verify.js';
import { listDevelopmentMails } from '../../mail/development.js';
import { getProduct } from '../../products/index.js';
import { createTestServices } from '../../testing/services.js';
import { createAgent } from '../people/agents.js';
import { changePlan } from '../people/plans.js';
import { type Actor, createUser } from '../people/users.js';
import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
  revokeApiKeysOf,
  updateApiKey,
} from './api-key-changes.js';
import { rollApiKey, rotateOwnApiKey } from './api-key-rolling.js';
import {
  type ApiKey,
  apiKeyState,
  createApiKey,
  findApiKeyByValue,
  getApiKey,
  listApiKeys,
  type NewApiKey,
} from './api-keys.js';

const { services, clock } = await createTestServices();
const haas = getProduct('haas');
const openhuman = getProduct('openhuman');
const operator: Actor = { kind: 'operator', id: 'cli' };
const dayMs = 86_400_000;

let people = 0;
async function createOwner() {
  people += 1;
  return createUser(services, { email: `owner-${people}@example.com`, name: 'Owner' });
}

async function createKey(overrides: Partial<NewApiKey> = {}) {
  const owner = await createOwner();
  const input: NewApiKey = { product: haas, owner: { userId: owner.id }, environment: 'live', ...overrides };
  return { owner, ...(await createApiKey(services, input, operator)) };
}

const stateOf = async (id: string) => apiKeyState(await getApiKey(services, { id }), clock.now());
const isCode = (code: string, words = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) });

test('a list shows prefix and last four, and no key or hash', async () => {
  const { owner, id, key } = await createKey({ name: 'CI', expiresAt: new Date(clock.ms() + dayMs) });
  const [listed] = await listApiKeys(services, { accountId: owner.id });
  expect(listed).toMatchObject({
    id,
    familyId: id,
    name: 'CI',
    prefix: 'haas_live_sk_',
    lastFour: key.slice(-4),
  });
  expect(JSON.stringify(listed)).not.toContain(key.slice(13, -4));
  expect(listed).not.toHaveProperty('hash');
});

test('a key of another account is as good as none', async () => {
  const { id } = await createKey();
  const stranger = await createOwner();
  const ref = { id, accountId: stranger.id };
  await expect(getApiKey(services, ref)).rejects.toEqual(isCode('not_found'));
  await expect(revokeApiKey(services, ref, operator)).rejects.toEqual(isCode('not_found'));
  await expect(rollApiKey(services, ref, {}, operator)).rejects.toEqual(isCode('not_found'));
  await expect(getApiKey(services, { id: 'no\0id' })).rejects.toEqual(isCode('not_found'));
});

test('disabling can be undone, revoking cannot, and both are remembered', async () => {
  const { id, key } = await createKey();
  await disableApiKey(services, { id }, operator);
  expect(await stateOf(id)).toBe('disabled');
  await enableApiKey(services, { id }, operator);
  expect(await stateOf(id)).toBe('active');
  await revokeApiKey(services, { id }, operator);
  await revokeApiKey(services, { id }, operator);
  expect(await stateOf(id)).toBe('revoked');
  await expect(enableApiKey(services, { id }, operator)).rejects.toEqual(isCode('conflict'));
  await expect(updateApiKey(services, { id }, { name: 'x' }, operator)).rejects.toEqual(isCode('conflict'));
  expect(await findApiKeyByValue(services, haas, key)).toMatchObject({ id, status: 'revoked' });
});

test('every change is in the log of its owner, once, with who did it and from where', async () => {
  const { owner, id } = await createKey();
  const actor: Actor = { kind: 'person', id: owner.id, address: '192.0.2.1', requestId: 'req_1' };
  await disableApiKey(services, { id }, actor);
  await disableApiKey(services, { id }, actor);
  await enableApiKey(services, { id }, actor);
  await updateApiKey(services, { id }, { name: 'Renamed' }, actor);
  await updateApiKey(services, { id }, {}, actor);
  await rollApiKey(services, { id }, {}, actor);
  await revokeApiKey(services, { id }, actor, 'no longer needed');
  const events = await listAuditEvents(services, owner.id);
  expect(events.map(({ action }) => action).reverse()).toEqual([
    'user.created',
    'key.created',
    'key.disabled',
    'key.enabled',
    'key.updated',
    'key.rolled',
    'key.created',
    'key.revoked',
  ]);
  expect(events[0]).toMatchObject({
    details: { reason: 'no longer needed' },
    target: { kind: 'key', id },
    personal: { address: '192.0.2.1' },
    requestId: 'req_1',
  });
});

test('a change that fails leaves neither a new state nor an event', async () => {
  const { owner, id } = await createKey();
  const before = await listAuditEvents(services, owner.id);
  await expect(updateApiKey(services, { id }, { name: 'New', permissions: ['x'] }, operator)).rejects.toEqual(
    isCode('validation'),
  );
  expect(await getApiKey(services, { id })).toMatchObject({ name: 'API key' });
  expect(await listAuditEvents(services, owner.id)).toEqual(before);
});

test('a key whose end has passed is not created', async () => {
  for (const expiresAt of [new Date(clock.ms() - 1000), new Date(clock.ms()), new Date(0)]) {
    await expect(createKey({ expiresAt })).rejects.toEqual(isCode('validation'));
  }
});

test.each(['\u200b\u200d', '\u2800\u3164', '\u00a0\u2003', '\u0301'])(
  'a name of invisible characters (%j) is refused',
  async (name) => {
    await expect(createKey({ name })).rejects.toEqual(isCode('validation'));
  },
);

test('a name has at most 100 characters, and an emoji is one', async () => {
  const { id } = await createKey({ name: '😀'.repeat(100) });
  expect((await getApiKey(services, { id })).name).toBe('😀'.repeat(100));
  await expect(createKey({ name: '😀'.repeat(101) })).rejects.toEqual(isCode('validation'));
});

test('an end that has passed ends the key, and a later one brings it back', async () => {
  const { id } = await createKey();
  await updateApiKey(services, { id }, { expiresAt: new Date(clock.ms() - 1000) }, operator);
  expect(await stateOf(id)).toBe('expired');
  await updateApiKey(services, { id }, { expiresAt: new Date(clock.ms() + dayMs) }, operator);
  expect(await stateOf(id)).toBe('active');
  clock.advance(dayMs + 1000);
  expect(await stateOf(id)).toBe('expired');
});

test.each([
  ['an empty name', { name: '' }],
  ['a name with a NUL', { name: 'a\0b' }],
  ['a name that is too long', { name: 'x'.repeat(101) }],
  ['an unknown permission', { permissions: ['everything'] }],
  ['no permission at all', { permissions: [] }],
  ['half a day between rotations', { rotateEveryDays: 0.5 }],
  ['less than a day between rotations', { rotateEveryDays: -1 }],
  ['a rotation in some million years', { rotateEveryDays: 1e9 }],
  ['an end that is no time', { expiresAt: new Date(Number.NaN) }],
  ['an end beyond all calendars', { expiresAt: new Date('+050000-01-01') }],
  ['an allowlist with nothing on it', { ipAllowlist: [] }],
])('a change to %s is refused', async (_, changes) => {
  const { id } = await createKey({ product: openhuman });
  await expect(updateApiKey(services, { id }, changes, operator)).rejects.toEqual(isCode('validation'));
});

describe('IP allowlists', () => {
  const enterprise = (accountId: string, plan: string) =>
    changePlan(services, { accountId, product: haas, plan }, operator);

  test('need a plan that has them, and say so', async () => {
    const { owner, id } = await createKey();
    const words = /An IP allowlist needs the Enterprise plan of HaaS; this account is on Free\./;
    const ipAllowlist = ['192.0.2.0/24'];
    await expect(updateApiKey(services, { id }, { ipAllowlist }, operator)).rejects.toEqual(
      isCode('plan_limit', words),
    );
    const creating = createApiKey(
      services,
      { product: haas, owner: { userId: owner.id }, environment: 'live', ipAllowlist },
      operator,
    );
    await expect(creating).rejects.toEqual(isCode('plan_limit', words));
    expect(await listApiKeys(services, { accountId: owner.id })).toHaveLength(1);
  });

  test('that were set on a higher plan still bind after a downgrade, are rolled along, and can be taken off', async () => {
    const { owner, id } = await createKey();
    await enterprise(owner.id, 'enterprise');
    await updateApiKey(services, { id }, { ipAllowlist: ['192.0.2.7/24', '::ffff:10.0.0.1'] }, operator);
    await enterprise(owner.id, 'free');
    const bound = ['192.0.2.0/24', '10.0.0.1/32'];
    expect(await getApiKey(services, { id })).toMatchObject({ ipAllowlist: bound });
    const rolled = await rollApiKey(services, { id }, {}, operator);
    expect(await getApiKey(services, { id: rolled.id })).toMatchObject({ ipAllowlist: bound });
    await updateApiKey(services, { id: rolled.id }, { name: 'other' }, operator);
    await updateApiKey(services, { id: rolled.id }, { ipAllowlist: null }, operator);
    expect(await getApiKey(services, { id: rolled.id })).toMatchObject({ ipAllowlist: null });
  });

  test('are for everyone where no plan has them', async () => {
    const { id } = await createKey({ product: openhuman, ipAllowlist: ['2001:db8::1/32', '198.51.100.4'] });
    expect(await getApiKey(services, { id })).toMatchObject({
      ipAllowlist: ['2001:db8::/32', '198.51.100.4/32'],
    });
  });

  test.each([
    '300.1.1.1',
    '10.0.0.0/33',
    'fe80::1%eth0',
    '::ffff:1.2.3.4/90',
    'example.com',
    '1.2.3',
    '10.0.0.0/8/8',
    ' ',
  ])('refuse %s', async (entry) => {
    const creating = createKey({ product: openhuman, ipAllowlist: [entry] });
    await expect(creating).rejects.toEqual(isCode('validation', /is not an address or a CIDR block/));
  });
});

describe('rolling', () => {
  const rolled = async (id: string, graceSeconds?: number) =>
    rollApiKey(services, { id }, { graceSeconds }, operator);

  test('gives a new key at once and lets the old one live for a day', async () => {
    const { owner, id, key } = await createKey({ product: openhuman, name: 'Robot', permissions: ['read'] });
    const successor = await rolled(id);
    expect(successor.key).not.toBe(key);
    expect(await getApiKey(services, { id: successor.id })).toMatchObject({
      accountId: owner.id,
      familyId: id,
      name: 'Robot',
      permissions: ['read'],
      environment: 'live',
      status: 'active',
      expiresAt: null,
    });
    expect(await stateOf(id)).toBe('rolling');
    clock.advance(dayMs - 5000);
    expect(await stateOf(id)).toBe('rolling');
    clock.advance(6000);
    expect(await stateOf(id)).toBe('expired');
    expect(await stateOf(successor.id)).toBe('active');
  });

  test('ends the old key at once with a grace of 0', async () => {
    const { id } = await createKey();
    await rolled(id, 0);
    expect(await stateOf(id)).toBe('revoked');
  });

  test('never lengthens the life of the old key, nor that of the new one beyond what the owner chose', async () => {
    const expiresAt = new Date(clock.ms() + 60_000);
    const { id } = await createKey({ expiresAt });
    const successor = await rolled(id, 3600);
    expect((await getApiKey(services, { id })).expiresAt).toEqual(expiresAt);
    expect((await getApiKey(services, { id: successor.id })).expiresAt).toEqual(expiresAt);
    await expect(updateApiKey(services, { id }, { expiresAt: null }, operator)).rejects.toEqual(
      isCode('conflict'),
    );
  });

  test.each([
    ['revoked', (id: string) => revokeApiKey(services, { id }, operator)],
    [
      'expired',
      (id: string) => updateApiKey(services, { id }, { expiresAt: new Date(clock.ms()) }, operator),
    ],
    ['disabled', (id: string) => disableApiKey(services, { id }, operator)],
    ['rolled', (id: string) => rolled(id)],
  ])('is refused for a %s key', async (_, end) => {
    const { owner, id } = await createKey();
    await end(id);
    const before = (await listApiKeys(services, { accountId: owner.id })).length;
    await expect(rolled(id)).rejects.toEqual(isCode('conflict'));
    expect(await listApiKeys(services, { accountId: owner.id })).toHaveLength(before);
  });

  test.each([-1, 0.5, 2_592_001, Number.NaN])('refuses a grace of %p seconds', async (graceSeconds) => {
    const { id } = await createKey();
    await expect(rolled(id, graceSeconds)).rejects.toEqual(isCode('validation'));
  });

  test('fifty times at once gives exactly one successor, and it works', async () => {
    const { owner, id } = await createKey();
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => rolled(id)));
    const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(winners).toHaveLength(1);
    const losers = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
    expect(losers).toEqual(Array(49).fill(isCode('conflict', /rolled already/)));
    expect(losers[0].data.details).toEqual({ successor: winners[0]?.id });
    expect(await listApiKeys(services, { accountId: owner.id })).toHaveLength(2);
    const found = await findApiKeyByValue(services, haas, winners[0]?.key ?? '');
    expect(found?.id).toBe(winners[0]?.id);
  });

  test('of an agent leaves the agent its owner, and ends the old key at once', async () => {
    const agent = await createAgent(services, { name: 'Bot', email: 'bot@example.com' });
    const owner = { agentId: agent?.id ?? '' };
    const { id } = await createApiKey(
      services,
      { product: getProduct('humanping'), owner, environment: 'live' },
      operator,
    );
    const successor = await rolled(id);
    expect(await getApiKey(services, { id: successor.id })).toMatchObject({ accountId: agent?.id });
    expect(await stateOf(id)).toBe('revoked');
  });

  test('by the key itself tells its owner', async () => {
    const { owner, id } = await createKey({ name: 'Robot' });
    const { predecessor } = await rotateOwnApiKey(services, id, {}, { address: '192.0.2.99' });
    expect(predecessor).toMatchObject({ id, successorId: expect.any(String) });
    const [mail] = await listDevelopmentMails(services, { to: owner.email });
    expect(mail).toMatchObject({ subject: 'An API key was rotated by its holder' });
    expect(mail?.text).toContain('192.0.2.99');
    expect(await listAuditEvents(services, owner.id, { action: 'key.rolled' })).toMatchObject([
      { actor: { kind: 'key', id }, credentialId: id },
    ]);
  });

  test('by the key itself is refused once it was reported as leaked', async () => {
    const { id } = await createKey();
    await services.db('api_keys').where({ id }).update({ leaked_at: clock.now() });
    await expect(rotateOwnApiKey(services, id, {})).rejects.toEqual(isCode('conflict', /only its owner/));
    await expect(rolled(id)).resolves.toMatchObject({ id: expect.any(String) });
  });
});

test('a rotation is due after its days and ends the key a fortnight later', async () => {
  const { id } = await createKey({ rotateEveryDays: 30 });
  const key = await getApiKey(services, { id });
  const days = (from: Date, to: Date | null) => Math.round(((to?.getTime() ?? 0) - from.getTime()) / dayMs);
  expect([days(key.createdAt, key.rotationDueAt), days(key.createdAt, key.expiresAt)]).toEqual([30, 44]);
  clock.advance(20 * dayMs);
  const { id: next } = await rollApiKey(services, { id }, {}, operator);
  const successor = await getApiKey(services, { id: next });
  expect([days(successor.createdAt, successor.rotationDueAt), successor.rotateEveryDays]).toEqual([30, 30]);
});

test('a rotation that is shorter than the age of the key is due now, not in the past', async () => {
  const { id } = await createKey();
  clock.advance(200 * dayMs);
  const key = await updateApiKey(services, { id }, { rotateEveryDays: 90 }, operator);
  const untilEnd = (key.expiresAt?.getTime() ?? 0) - clock.ms();
  expect(Math.round(untilEnd / dayMs)).toBe(14);
  expect(await updateApiKey(services, { id }, { rotateEveryDays: null }, operator)).toMatchObject({
    expiresAt: null,
    rotationDueAt: null,
  });
});

test('all keys of an account end together', async () => {
  const { owner } = await createKey();
  const product = openhuman;
  await createApiKey(services, { product, owner: { userId: owner.id }, environment: 'live' }, operator);
  expect(await revokeApiKeysOf(services, { accountId: owner.id }, operator, 'account erased')).toBe(2);
  const states = (await listApiKeys(services, { accountId: owner.id })).map((key: ApiKey) => key.status);
  expect(states).toEqual(['revoked', 'revoked']);
});

test('setting, rotating and dropping a pepper in front breaks no key', async () => {
  const withPeppers = (...peppers: string[]) => ({
    ...services,
    config: { ...services.config, keyPeppers: peppers.map((pepper) => Buffer.from(pepper)) },
  });
  const owner = await createOwner();
  const make = (scene: typeof services) =>
    createApiKey(scene, { product: haas, owner: { userId: owner.id }, environment: 'test' }, operator);
  const plain = await make(services);
  const first = await make(withPeppers('one'));
  const second = await make(withPeppers('two', 'one'));
  const all = withPeppers('three', 'two', 'one');
  for (const { id, key } of [plain, first, second]) {
    expect(await findApiKeyByValue(all, haas, key)).toMatchObject({ id });
  }
  expect(await findApiKeyByValue(withPeppers('three'), haas, first.key)).toBeUndefined();
  expect(await findApiKeyByValue(withPeppers('three'), haas, plain.key)).toMatchObject({ id: plain.id });
});

test('the log that all this left behind verifies', async () => {
  await recordAudit(services, {
    accountId: null,
    action: 'user.sign_in_failed',
    actor: { kind: 'system', id: 'test' },
  });
  const anchors = await readAnchors('/nonexistent', [], { optional: true });
  expect(await verifyAudit(services, anchors)).toMatchObject({ ok: true, problems: [] });
});
