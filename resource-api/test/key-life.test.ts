/** What becomes of a key, as those who call with it see it. */
import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
  updateApiKey,
} from '../../shared/identity/api-keys/api-key-changes.js';
import { actOnLeaks } from '../../shared/identity/api-keys/api-key-leaks.js';
import { rollApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import { changePlan } from '../../shared/identity/people/plans.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services, clock } = await createTestServices();
const api = await startApi(services);
const operator = { kind: 'operator', id: 'test' } as const;
const person = await makePerson(services);

const statusOf = async (key: string, product = 'haas') => {
  const credentials = product === 'agenthuman' ? { headers: { 'x-api-key': key } } : { bearer: key };
  return (await api.call(`/${product}/no-such-path`, credentials)).status;
};

/** 401 or 403 for who is not let in, true for everybody else. */
const shows = async (key: string) => {
  const { status } = await api.call('/haas/v1/humans/usr_maria_42/status', { bearer: key });
  return status === 401 || status === 403 ? status : true;
};

const makeTestKey = (userId: string, options = {}) =>
  makeKey(services, 'haas', userId, { environment: 'test', ...options });

test('a rolled key and its successor both work until the grace ends, then only the successor', async () => {
  const old = await makeTestKey(person.id);
  expect(await shows(old.key)).toBe(true);
  const successor = await rollApiKey(services, { id: old.id }, { graceSeconds: 600 }, operator);
  expect([await shows(old.key), await shows(successor.key)]).toEqual([true, true]);
  clock.advance(601_000);
  expect([await shows(old.key), await shows(successor.key)]).toEqual([401, true]);
});

test('without a grace the old key is refused on the very next call', async () => {
  const old = await makeTestKey(person.id);
  expect(await shows(old.key)).toBe(true);
  const successor = await rollApiKey(services, { id: old.id }, { graceSeconds: 0 }, operator);
  expect([await shows(old.key), await shows(successor.key)]).toEqual([401, true]);
});

test('disabled, enabled, expired, brought back, revoked: each shows on the very next call', async () => {
  const { id, key } = await makeTestKey(person.id);
  const seen = [await shows(key)];
  const steps = [
    () => disableApiKey(services, { id }, operator),
    () => enableApiKey(services, { id }, operator),
    () => updateApiKey(services, { id }, { expiresAt: new Date(clock.ms() - 1) }, operator),
    () => updateApiKey(services, { id }, { expiresAt: null }, operator),
    () => revokeApiKey(services, { id }, operator),
  ];
  for (const step of steps) {
    await step();
    seen.push(await shows(key));
  }
  expect(seen).toEqual([true, 401, true, 401, true, 401]);
});

test('a leaked key is refused on the very next call', async () => {
  const { key } = await makeTestKey(person.id, { leakPolicy: 'revoke' });
  expect(await shows(key)).toBe(true);
  await actOnLeaks(services, [{ value: key }], {});
  expect(await shows(key)).toBe(401);
});

test('an allowlist binds, and goes on to bind after a downgrade', async () => {
  const product = getProduct('haas');
  const owner = await makePerson(services);
  await changePlan(services, { accountId: owner.id, product, plan: 'enterprise' }, operator);
  const { id, key } = await makeTestKey(owner.id, { ipAllowlist: ['192.0.2.0/24'] });
  expect(await shows(key)).toBe(403);
  await changePlan(services, { accountId: owner.id, product, plan: 'free' }, operator);
  expect(await shows(key)).toBe(403);
  await updateApiKey(services, { id }, { ipAllowlist: null }, operator);
  expect(await shows(key)).toBe(true);
});

test('rolling a key does not double what it may call', async () => {
  const { quota } = getProduct('agenthuman').limits.requests ?? {};
  const old = await makeKey(services, 'agenthuman', person.id);
  const successor = await rollApiKey(services, { id: old.id }, {}, operator);
  const statuses: number[] = [];
  for (let call = 0; call < Number(quota); call += 1) {
    statuses.push(await statusOf(call % 2 ? old.key : successor.key, 'agenthuman'));
  }
  expect(new Set(statuses)).toEqual(new Set([404]));
  expect([await statusOf(old.key, 'agenthuman'), await statusOf(successor.key, 'agenthuman')]).toEqual([
    429, 429,
  ]);
  const other = await makeKey(services, 'agenthuman', person.id);
  expect(await statusOf(other.key, 'agenthuman')).toBe(404);
});
