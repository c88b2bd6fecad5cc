import { getProduct } from '../../products/index.js';
import { createTestServices } from '../../testing/services.js';
import { createUser } from '../people/users.js';
import { createApiKey, getApiKey } from './api-keys.js';
import { deleteOldKeyCalls, forgetKeyCalls, type KeyCall, listKeyCalls } from './key-calls.js';
import { deleteOldKeyUsage, listUsage } from './key-usage.js';
import { createKeyUsageRecorder } from './key-usage-recorder.js';

const { services, clock } = await createTestServices();
const recorder = createKeyUsageRecorder(services);
afterAll(() => recorder.close());

const owner = await createUser(services, { email: 'owner@example.com', name: 'Owner' });
const operator = { kind: 'operator', id: 'test' } as const;

async function createKey() {
  const input = { product: getProduct('haas'), owner: { userId: owner.id }, environment: 'test' } as const;
  const { id } = await createApiKey(services, input, operator);
  return id;
}

let calls = 0;
function callOf(keyId: string, overrides: Partial<KeyCall> = {}): KeyCall {
  calls += 1;
  return {
    keyId,
    at: clock.now(),
    method: 'GET',
    route: '/v1/tasks/{id}',
    status: 200,
    address: '192.0.2.1',
    requestId: `req_${calls}`,
    ...overrides,
  };
}

async function eventually<T>(look: () => Promise<T | null | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('the first use of a key shows at once, without anybody flushing', async () => {
  const keyId = await createKey();
  const call = callOf(keyId);
  recorder.note(call);
  const lastUsedAt = await eventually(async () => (await getApiKey(services, { id: keyId })).lastUsedAt);
  expect(lastUsedAt).toEqual(call.at);
});

test('calls are counted by hour and class of status, over several flushes and several processes', async () => {
  const [one, two] = [await createKey(), await createKey()];
  const other = createKeyUsageRecorder(services);
  const begin = clock.now();
  for (const status of [200, 201, 404, 500, 429]) recorder.note(callOf(one, { status }));
  other.note(callOf(one, { status: 204 }));
  other.note(callOf(two));
  await Promise.all([recorder.flush(), other.flush()]);
  recorder.note(callOf(one, { status: 301 }));
  clock.advance(3_600_000);
  recorder.note(callOf(one));
  await Promise.all([recorder.flush(), other.close()]);
  const usage = await listUsage(services, { keyId: one }, begin);
  expect(usage.map(({ calls: byClass }) => byClass)).toEqual([{ 2: 1 }, { 2: 3, 3: 1, 4: 2, 5: 1 }]);
  expect(usage[0]?.hour.getTime()).toBe((usage[1]?.hour.getTime() ?? 0) + 3_600_000);
  const [, ofAccount] = await listUsage(services, { accountId: owner.id, product: 'haas' }, begin);
  expect(ofAccount?.calls[2]).toBeGreaterThanOrEqual(4);
  expect(await listUsage(services, { accountId: owner.id, product: 'hitl' }, begin)).toEqual([]);
});

test('the last use never moves back', async () => {
  const keyId = await createKey();
  const now = clock.now();
  recorder.note(callOf(keyId, { at: now }));
  await recorder.flush();
  recorder.note(callOf(keyId, { at: new Date(now.getTime() - 60_000) }));
  await recorder.flush();
  expect(await getApiKey(services, { id: keyId })).toMatchObject({ lastUsedAt: now });
});

test('the access log keeps the last thousand calls of each key, in one statement of any size', async () => {
  const [busy, quiet] = [await createKey(), await createKey()];
  const first = callOf(quiet, { method: 'DELETE', status: 403 });
  recorder.note(first);
  for (let i = 0; i < 5; i += 1) {
    for (let j = 0; j < 700; j += 1) recorder.note(callOf(busy, { at: new Date(clock.ms() + i * 700 + j) }));
    await recorder.flush();
  }
  for (let j = 0; j < 4500; j += 1) recorder.note(callOf(busy, { at: new Date(clock.ms() + 10_000 + j) }));
  await recorder.flush();
  const kept = await listKeyCalls(services, busy);
  expect(kept).toHaveLength(1000);
  expect(kept[0]?.at.getTime()).toBeGreaterThan((kept[999]?.at.getTime() ?? 0) + 998);
  expect(kept[0]?.requestId).toBe(`req_${calls}`);
  expect(await listKeyCalls(services, quiet)).toEqual([first]);
  expect(await listKeyCalls(services, busy, 2)).toEqual(kept.slice(0, 2));
});

test('what cannot be written is written later, and counted once', async () => {
  const keyId = await createKey();
  const flaky = createKeyUsageRecorder(services);
  const begin = clock.now();
  flaky.note(callOf(keyId));
  flaky.note(callOf(keyId));
  await services.db.raw('alter table key_calls rename to key_calls_away');
  await flaky.flush();
  await services.db.raw('alter table key_calls_away rename to key_calls');
  expect(await listKeyCalls(services, keyId)).toEqual([]);
  flaky.note(callOf(keyId));
  await flaky.close();
  expect(await listKeyCalls(services, keyId)).toHaveLength(3);
  expect(await listUsage(services, { keyId }, begin)).toMatchObject([{ calls: { 2: 3 } }]);
});

test('old calls and old counts go in batches, and those of an erased person at once', async () => {
  const keyId = await createKey();
  recorder.note(callOf(keyId));
  await recorder.flush();
  await forgetKeyCalls(services, owner.id);
  expect(await listKeyCalls(services, keyId)).toEqual([]);
  recorder.note(callOf(keyId));
  recorder.note(callOf(keyId));
  await recorder.flush();
  expect(await deleteOldKeyCalls(services, 1000)).toBe(0);
  clock.advance(91 * 86_400_000);
  expect(await deleteOldKeyCalls(services, 1)).toBe(1);
  expect(await deleteOldKeyCalls(services, 1000)).toBe(1);
  expect(await deleteOldKeyUsage(services, 1000)).toBe(0);
  clock.advance(310 * 86_400_000);
  expect(await deleteOldKeyUsage(services, 1000)).toBeGreaterThan(0);
});
