import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
  updateApiKey,
} from '../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import { leakPolicies } from '../../shared/identity/api-keys/api-key-settings.js';
import {
  type ApiKey,
  type ApiKeyOwner,
  apiKeyState,
  createApiKey,
  getApiKey,
  listApiKeys,
} from '../../shared/identity/api-keys/api-keys.js';
import { listKeyCalls } from '../../shared/identity/api-keys/key-calls.js';
import { listUsage } from '../../shared/identity/api-keys/key-usage.js';
import { makeAgent } from '../../shared/identity/people/agents.js';
import { getAccountsByEmail } from '../../shared/identity/people/contacts.js';
import { getUserByEmail } from '../../shared/identity/people/users.js';
import { products } from '../../shared/products/index.js';
import type { Product } from '../../shared/products/product.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { defineCommand, type Verbs } from './command.js';
import { type Context, operator } from './context.js';
import {
  choice,
  commaList,
  optionalChoice,
  optionalNumber,
  optionalText,
  optionalTime,
  product,
  removableList,
  removableTime,
  text,
} from './flags.js';

const dayMs = 86_400_000;

const create = defineCommand({
  flags: {
    user: text('E'),
    product: product(products),
    env: choice(['test', 'live'], 'live'),
    name: optionalText('N'),
    permissions: commaList('a'),
    expires: optionalTime(),
    'allow-ip': commaList('CIDR'),
  },
  async run({ services }, values) {
    const settings = {
      product: values.product,
      environment: values.env,
      name: values.name,
      permissions: values.permissions,
      expiresAt: values.expires,
      ipAllowlist: values['allow-ip'],
    };
    const created = await inTransaction(services, async (tx) => {
      const owner = await ownerOf(tx, values.product, values.user);
      return createApiKey(tx, { ...settings, owner }, operator);
    });
    return withKey(services, created);
  },
});

/** A person; where keys belong to agents, the agent with that address, which is made if there is none. */
async function ownerOf(services: Services, { keys }: Product, email: string): Promise<ApiKeyOwner> {
  if (keys.ownedBy !== 'agent') return { userId: (await getUserByEmail(services, email)).id };
  const [name = ''] = email.split('@');
  return { agentId: (await makeAgent(services, { name, email }, operator)).id };
}

const list = defineCommand({
  flags: { user: text('E') },
  async run({ services }, { user }) {
    const accounts = await getAccountsByEmail(services, user);
    const keys = await Promise.all(accounts.map((accountId) => listApiKeys(services, { accountId })));
    return { keys: keys.flat().map((key) => describeKey(services, key)) };
  },
});

const update = defineCommand({
  flags: {
    id: text('I'),
    name: optionalText('N'),
    permissions: removableList('a', 'all'),
    'allow-ip': removableList('CIDR', 'none'),
    expires: removableTime(),
    'leak-policy': optionalChoice([...leakPolicies, 'default']),
    'rotate-every-days': optionalNumber('N'),
  },
  async run({ services }, values) {
    const policy = values['leak-policy'];
    const days = values['rotate-every-days'];
    const key = await updateApiKey(
      services,
      { id: values.id },
      {
        name: values.name,
        permissions: values.permissions,
        ipAllowlist: values['allow-ip'],
        expiresAt: values.expires,
        leakPolicy: policy === 'default' ? null : policy,
        rotateEveryDays: days === 0 ? null : days,
      },
      operator,
    );
    return describeKey(services, key);
  },
});

const roll = defineCommand({
  flags: { id: text('I'), 'grace-seconds': optionalNumber('S') },
  async run({ services }, values) {
    const options = { graceSeconds: values['grace-seconds'] };
    const { predecessor, ...successor } = await rollApiKey(services, { id: values.id }, options, operator);
    return { ...(await withKey(services, successor)), predecessor: describeKey(services, predecessor) };
  },
});

const change = (apply: typeof disableApiKey) =>
  defineCommand({
    flags: { id: text('I') },
    run: async ({ services }: Context, { id }) =>
      describeKey(services, await apply(services, { id }, operator)),
  });

const calls = defineCommand({
  flags: { id: text('I') },
  async run({ services }, { id }) {
    await getApiKey(services, { id });
    const last = await listKeyCalls(services, id);
    return {
      calls: last.map(({ at, method, route, status, address, requestId }) => ({
        at,
        method,
        route,
        status,
        address,
        request_id: requestId,
      })),
    };
  },
});

/** By hour, for the last 30 days without --since. */
const usage = defineCommand({
  flags: { id: text('I'), since: optionalTime() },
  async run({ services }, { id, since }) {
    await getApiKey(services, { id });
    const hours = await listUsage(
      services,
      { keyId: id },
      since ?? new Date(services.clock.ms() - 30 * dayMs),
    );
    return {
      hours: hours.map(({ hour, calls: byClass }) => ({
        hour,
        ...Object.fromEntries(Object.entries(byClass).map(([digit, count]) => [`${digit}xx`, count])),
      })),
    };
  },
});

/** The only time that the key itself is printed. */
async function withKey(services: Services, { id, key }: { id: string; key: string }): Promise<object> {
  const { id: _id, ...rest } = describeKey(services, await getApiKey(services, { id }));
  return { id, key, ...rest };
}

/** A key without its secret. */
export function describeKey({ clock }: Services, key: ApiKey) {
  return {
    id: key.id,
    product: key.product,
    environment: key.environment,
    name: key.name,
    prefix: key.prefix,
    last_four: key.lastFour,
    status: apiKeyState(key, clock.now()),
    permissions: key.permissions,
    ip_allowlist: key.ipAllowlist,
    expires_at: key.expiresAt,
    successor_id: key.successorId,
    rotate_every_days: key.rotateEveryDays,
    rotation_due_at: key.rotationDueAt,
    leak_policy: key.leakPolicy,
    leaked_at: key.leakedAt,
    created_at: key.createdAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  };
}

export const verbs: Verbs = {
  create,
  list,
  update,
  roll,
  disable: change(disableApiKey),
  enable: change(enableApiKey),
  revoke: change(revokeApiKey),
  calls,
  usage,
};
