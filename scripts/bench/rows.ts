/**
 * The rows of the benchmark: what is called, against what, and the ratio of rates that it has to reach. A row of the
 * authorization server is added to this list once its contestant can be started by server.ts.
 */
import { makeAccessToken } from '../../resource-api/testing/tokens.js';
import { mintKey } from '../../shared/crypto/key-format.js';
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createUser } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import type { ProductId } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';

export interface Row {
  /** The word for `--only`. */
  name: string;
  title: string;
  /** `koa`: bare Koa with a body of the same size. `served`: the same request while no limit refuses it. */
  against: 'koa' | 'served';
  target: number;
  path: string;
  headers: Record<string, string>;
  status: number;
}

/** The rows, with credentials that are made now. */
export async function createRows(services: Services): Promise<Row[]> {
  const user = await createUser(services, {
    email: 'bench@example.com',
    name: 'Bench',
    verified: true,
    human: true,
  });
  const actor = { kind: 'person', id: user.id } as const;
  const owner = { userId: user.id };
  const keyOf = async (product: ProductId, environment: 'live' | 'test') => {
    const made = await createApiKey(services, { product: getProduct(product), owner, environment }, actor);
    return { Authorization: `Bearer ${made.key}` };
  };
  const live = await keyOf('haas', 'live');
  const scopes = Object.keys(getProduct('haas').oauth?.scopes ?? {});
  const { token } = await makeAccessToken(services, {
    productId: 'haas',
    ownerId: user.id,
    personId: user.id,
    scopes,
  });
  const unknown = { Authorization: `Bearer ${mintKey(getProduct('haas').keys, 'live')}` };
  const get = { against: 'koa', status: 200 } as const;
  return [
    {
      ...get,
      name: 'health',
      title: 'health, no credential',
      target: 0.75,
      path: '/haas/v1/health',
      headers: {},
    },
    { ...get, name: 'key', title: 'API key, trivial GET', target: 0.55, path: '/haas/bench', headers: live },
    {
      ...get,
      name: 'token',
      title: 'access token, trivial GET',
      target: 0.5,
      path: '/haas/bench',
      headers: { Authorization: `Bearer ${token}` },
    },
    {
      ...get,
      name: 'hitl-test',
      title: 'HITL test endpoint',
      target: 0.45,
      path: '/hitl/v1/test',
      headers: await keyOf('hitl', 'live'),
    },
    {
      ...get,
      name: 'haas-status',
      title: 'HaaS status, test key',
      target: 0.25,
      path: '/haas/v1/humans/usr_maria_42/status',
      headers: await keyOf('haas', 'test'),
    },
    {
      name: 'full-window',
      title: '429 of a full window',
      against: 'served',
      target: 1,
      path: '/haas/bench',
      headers: live,
      status: 429,
    },
    {
      ...get,
      name: 'unknown-key',
      title: 'unknown key',
      target: 0.5,
      path: '/haas/bench',
      headers: unknown,
      status: 401,
    },
    { ...get, name: 'no-key', title: 'no key', target: 0.5, path: '/haas/bench', headers: {}, status: 401 },
  ];
}
