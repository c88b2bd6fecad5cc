import { systemClock } from '../../shared/clock.js';
import { getProduct } from '../../shared/products/index.js';
import { createCredentialCache } from './cache.js';
import type { CredentialRecord } from './scheme.js';

const product = getProduct('haas');

function recordOf(problem?: 'credential_revoked'): CredentialRecord {
  const planDefinition = product.plans.free;
  if (!planDefinition) throw new Error('no plan');
  return {
    caller: {
      kind: 'apiKey',
      keyId: 'k1',
      familyId: 'k1',
      environment: 'test',
      accountId: 'a1',
      permissions: null,
      ipAllowlist: null,
      expiresAtMs: null,
      plan: 'free',
      planDefinition,
    },
    problem,
    whenExpired: 'credential_expired',
    dependsOn: ['key:k1', 'account:a1'],
  };
}

/** A read that ends when the test says so. */
function slowRead() {
  let response: (record: CredentialRecord | undefined) => void = () => undefined;
  const promise = new Promise<CredentialRecord | undefined>((resolve) => {
    response = resolve;
  });
  return { read: () => promise, answer: response };
}

function listeningCache(clock = systemClock) {
  const cache = createCredentialCache(clock);
  cache.setListening(true);
  return cache;
}

test('a read that began before a change is not kept when it comes back after it', async () => {
  const cache = listeningCache();
  const { read, answer: response } = slowRead();
  const loading = cache.load('id', read);
  cache.drop('key:k1');
  response(recordOf());
  await loading;
  expect(cache.find('id')).toBeUndefined();
});

test('who comes after a change does not join a read that began before it', async () => {
  const cache = listeningCache();
  const { read, answer: response } = slowRead();
  const before = cache.load('id', read);
  cache.drop('key:k1');
  const after = cache.load('id', async () => recordOf('credential_revoked'));
  expect((await after)?.record.problem).toBe('credential_revoked');
  response(recordOf());
  await before;
  expect(cache.find('id')).toMatchObject({ record: { problem: 'credential_revoked' } });
});

test('who knows a newer generation does not join a read that does not', async () => {
  const cache = listeningCache();
  const { read, answer: response } = slowRead();
  const before = cache.load('id', read);
  const known = [{ subject: 'key:k1', version: 7 }];
  const after = await cache.load('id', async () => recordOf('credential_revoked'), known);
  expect(after?.record.problem).toBe('credential_revoked');
  expect(after?.generations).toEqual([...known, { subject: 'account:a1', version: 0 }]);
  response(recordOf());
  await before;
});

test('a credential is read once for all who ask at the same time', async () => {
  const cache = listeningCache();
  let reads = 0;
  const read = async () => {
    reads += 1;
    return recordOf();
  };
  await Promise.all(Array.from({ length: 50 }, () => cache.load('id', read)));
  expect(reads).toBe(1);
});

test('a change of any subject that a record depends on drops it, and of no other', async () => {
  const cache = listeningCache();
  await cache.load('id', async () => recordOf());
  cache.drop('account:a2');
  expect(cache.find('id')).toBeDefined();
  cache.drop('account:a1');
  expect(cache.find('id')).toBeUndefined();
  expect(cache.size).toBe(0);
});

test('nothing is remembered while changes are not heard', async () => {
  const cache = listeningCache();
  await cache.load('id', async () => recordOf());
  cache.setListening(false);
  await cache.load('other', async () => recordOf());
  await cache.load('unknown', async () => undefined);
  expect([cache.find('id'), cache.find('other'), cache.find('unknown')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a record lives for a minute at most, and an unknown value for five seconds', async () => {
  let nowMs = 1_000_000;
  const cache = listeningCache({ ...systemClock, ms: () => nowMs });
  await cache.load('id', async () => recordOf());
  await cache.load('unknown', async () => undefined);
  expect(cache.find('unknown')).toBe('unknown');
  nowMs += 5_000;
  expect(cache.find('unknown')).toBeUndefined();
  nowMs += 54_999;
  expect(cache.find('id')).toBeDefined();
  nowMs += 1;
  expect(cache.find('id')).toBeUndefined();
});

test('an unknown value is asked for again after any change of a key', async () => {
  const cache = listeningCache();
  await cache.load('id', async () => undefined);
  cache.drop('account:a1');
  expect(cache.find('id')).toBe('unknown');
  cache.drop('key:k1');
  expect(cache.find('id')).toBeUndefined();
});

test('a read that fails is told to all who wait for it, and not remembered', async () => {
  const cache = listeningCache();
  const failing = async () => {
    throw new Error('the database is gone');
  };
  const waiting = [cache.load('id', failing), cache.load('id', failing)];
  await expect(Promise.all(waiting)).rejects.toThrow('the database is gone');
  expect((await cache.load('id', async () => recordOf()))?.record.problem).toBeUndefined();
});
