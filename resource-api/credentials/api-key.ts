/**
 * API keys. A value with a wrong checksum is refused here, without a look-up; it is the same answer as for a key
 * that nobody has, because a checksum proves nothing.
 */
import { hash } from 'node:crypto';
import { changeSubject } from '../../shared/changes/changes.js';
import { sqlNow } from '../../shared/clock.js';
import { isWellFormedKey, keyEnvironment } from '../../shared/crypto/key-format.js';
import type { CredentialProblem } from '../../shared/errors.js';
import { possibleKeyHashes } from '../../shared/identity/api-keys/api-key-hashes.js';
import { planDefinition } from '../../shared/identity/people/plans.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { type CredentialRecord, type CredentialScheme, notMine, wrong } from './scheme.js';

export const apiKeyScheme: CredentialScheme = {
  recognise(services, product, presented) {
    if (presented.place !== 'bearer' && presented.place !== 'x-api-key') return notMine;
    const { place, value } = presented;
    const isKey = keyEnvironment(product.keys, value) !== undefined;
    if (!product.keys.carriedIn.includes(place)) return isKey ? wrong('credential_unknown') : notMine;
    if (!isKey) return place === 'x-api-key' ? wrong('credential_unknown') : notMine;
    return {
      kind: 'candidate',
      candidate: {
        id: `${product.id}:${hash('sha256', value, 'base64')}`,
        whenUnknown: 'credential_unknown',
        load: () => loadApiKey(services, product, value),
        isPlausible: () => isWellFormedKey(product.keys, value),
      },
    };
  },
};

/**
 * A key that was made with an access token is as good as revoked once the token's grant, its app or the app's owner
 * has ended: disconnecting the app ends what the app made.
 */
const makerHasEnded = `
  (api_keys.grant_id is not null and coalesce(grants.expires_at <= :now, true))
  or (api_keys.client_id is not null and (oauth_clients.id is null or oauth_clients.disabled_at is not null
      or (oauth_clients.user_id is not null and client_owner.status <> 'active')))`;

/** The key with the status of its owner and the owner's plan: one query. */
async function loadApiKey(
  services: Services,
  product: Product,
  value: string,
): Promise<CredentialRecord | undefined> {
  const row = await services
    .db('api_keys')
    .leftJoin('users', 'users.id', 'api_keys.user_id')
    .leftJoin('agents', 'agents.id', 'api_keys.agent_id')
    .leftJoin('grants', 'grants.id', 'api_keys.grant_id')
    .leftJoin('oauth_clients', 'oauth_clients.id', 'api_keys.client_id')
    .leftJoin('users as client_owner', 'client_owner.id', 'oauth_clients.user_id')
    .leftJoin('account_plans', (join) =>
      join
        .on('account_plans.account_id', 'api_keys.account_id')
        .andOn('account_plans.product', 'api_keys.product'),
    )
    .whereIn('api_keys.hash', possibleKeyHashes(services.config, value))
    .where('api_keys.product', product.id)
    .select({
      id: 'api_keys.id',
      familyId: 'api_keys.family_id',
      environment: 'api_keys.environment',
      accountId: 'api_keys.account_id',
      permissions: 'api_keys.permissions',
      ipAllowlist: 'api_keys.ip_allowlist',
      status: 'api_keys.status',
      expiresAt: 'api_keys.expires_at',
      userStatus: 'users.status',
      agentStatus: 'agents.status',
      plan: 'account_plans.plan',
      grantId: 'api_keys.grant_id',
      clientId: 'api_keys.client_id',
      hasEnded: services.db.raw(makerHasEnded, { now: sqlNow(services) }),
    })
    .first();
  if (!row) return undefined;
  const plan: string = row.plan ?? product.defaultPlan;
  return {
    caller: {
      kind: 'apiKey',
      keyId: row.id,
      familyId: row.familyId,
      environment: row.environment,
      accountId: row.accountId,
      permissions: row.permissions,
      ipAllowlist: row.ipAllowlist,
      expiresAtMs: row.expiresAt?.getTime() ?? null,
      plan,
      planDefinition: planDefinition(product, plan),
    },
    problem: problemOf(row.hasEnded ? 'revoked' : row.status, row.userStatus ?? row.agentStatus),
    whenExpired: 'credential_expired',
    dependsOn: [
      changeSubject({ kind: 'key', id: row.id }),
      changeSubject({ kind: 'account', id: row.accountId }),
      ...(row.grantId === null ? [] : [changeSubject({ kind: 'grant', id: row.grantId })]),
      ...(row.clientId === null ? [] : [changeSubject({ kind: 'client', id: row.clientId })]),
    ],
  };
}

/** The key's own state is told before its owner's: that is what its holder can act on. */
function problemOf(keyStatus: string, accountStatus: string): CredentialProblem | undefined {
  if (keyStatus === 'revoked') return 'credential_revoked';
  if (keyStatus === 'disabled') return 'credential_disabled';
  return accountStatus === 'active' ? undefined : 'account_disabled';
}
