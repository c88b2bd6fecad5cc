/** What the tests of HaaS share: accounts with their keys, humans who consented, and tasks. */

import { changePlan } from '../../../../shared/identity/people/plans.js';
import { issueSessionJwt } from '../../../../shared/identity/sign-in/session-jwts.js';
import { getProduct } from '../../../../shared/products/index.js';
import type { Services } from '../../../../shared/services.js';
import { makeKey, makePerson, type TestApi } from '../../../testing/serve.js';
import { makeAccessToken } from '../../../testing/tokens.js';

export const product = getProduct('haas');

export const allScopes = Object.keys(product.oauth?.scopes ?? {});

export const errand = {
  title: 'Fetch a parcel',
  description: 'From the station, to the office, before it rains.',
  type: 'physical',
};

/** A developer with both kinds of keys, on a plan. */
export async function makeAccount(services: Services, plan?: 'free' | 'pro' | 'enterprise') {
  const { id } = await makePerson(services);
  const actor = { kind: 'operator', id: 'test' } as const;
  if (plan) await changePlan(services, { accountId: id, product, plan }, actor);
  const test = await makeKey(services, product.id, id, { environment: 'test' });
  const live = await makeKey(services, product.id, id);
  return { id, testKeyId: test.id, testKey: test.key, liveKeyId: live.id, liveKey: live.key };
}

/** A human who takes tasks, and signed in. */
export async function makeHuman(services: Services) {
  const user = await makePerson(services, { human: true });
  const { token: jwt } = await issueSessionJwt(services, product, { user, role: 'worker' });
  return { id: user.id, humanId: `usr_${user.id}`, jwt };
}

/** Lets an app of the account do things with a human. */
export async function consent(
  services: Services,
  account: { id: string },
  human: { id: string },
  scopes: string[] = allScopes,
) {
  return makeAccessToken(services, {
    productId: product.id,
    ownerId: account.id,
    personId: human.id,
    scopes,
  });
}

export interface WireTask extends Record<string, unknown> {
  id: string;
  status: string;
  status_reason: string | null;
}

/** Creates a task and expects that it was. */
export async function makeTask(
  api: TestApi,
  bearer: string,
  members: Record<string, unknown> = {},
): Promise<WireTask> {
  const response = await api.call('/haas/v1/tasks', { bearer, body: { ...errand, ...members } });
  if (response.status !== 201) throw new Error(`no task: ${response.status} ${response.text}`);
  return response.body as WireTask;
}

/** A task as its owner reads it. */
export async function readTask(api: TestApi, bearer: string, id: string): Promise<WireTask> {
  return (await api.call(`/haas/v1/tasks/${id}`, { bearer })).body as WireTask;
}
