/**
 * OAuth access tokens: opaque, prefixed, stored only as a hash. A token is for one resource (RFC 8707): one that
 * was issued for another product is unknown here, whatever its scopes.
 */
import { hash } from 'node:crypto';
import { changeSubject } from '../../shared/changes.js';
import type { CredentialProblem } from '../../shared/errors.js';
import { findLiveAccessToken } from '../../shared/identity/oidc-records.js';
import { planFacts } from '../../shared/identity/plans.js';
import { personIdOf } from '../../shared/ids.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { resourceIdentifier } from '../protected-resource.js';
import { type CredentialRecord, type CredentialScheme, notMine } from './scheme.js';

export const accessTokenScheme: CredentialScheme = {
  recognise(services, product, presented) {
    if (presented.place !== 'bearer' && presented.place !== 'dpop') return notMine;
    const { value } = presented;
    if (!product.oauth || !value.startsWith(product.oauth.accessTokenPrefix)) return notMine;
    const tokenHash = hash('sha256', value, 'hex');
    return {
      kind: 'candidate',
      candidate: {
        id: `${product.id}:${tokenHash}`,
        whenUnknown: 'token_invalid',
        load: () => loadAccessToken(services, product, value, tokenHash),
      },
    };
  },
};

async function loadAccessToken(
  services: Services,
  product: Product,
  value: string,
  tokenHash: string,
): Promise<CredentialRecord | undefined> {
  const token = await findLiveAccessToken(services, value);
  if (!token) return undefined;
  const audiences = [token.audience ?? []].flat();
  if (!audiences.includes(resourceIdentifier(services.config, product))) return undefined;
  const personId = token.subject === undefined ? undefined : personIdOf(token.subject);
  const standing = await findStanding(services, product, token.clientId, personId);
  if (!standing) return undefined;
  const { accountId, plan, problem } = standing;
  const subjects = [
    changeSubject({ kind: 'token', id: tokenHash }),
    changeSubject({ kind: 'client', id: token.clientId }),
    changeSubject({ kind: 'account', id: accountId }),
  ];
  if (token.grantId !== undefined) subjects.push(changeSubject({ kind: 'grant', id: token.grantId }));
  if (personId !== undefined) subjects.push(changeSubject({ kind: 'account', id: personId }));
  return {
    caller: {
      kind: 'accessToken',
      clientId: token.clientId,
      grantId: token.grantId,
      personId,
      scopes: token.scopes,
      expiresAtMs: token.expiresAt * 1000,
      accountId,
      plan,
      planFacts: planFacts(product, plan),
    },
    problem,
    whenExpired: 'token_invalid',
    dependsOn: [...new Set(subjects)],
    boundTo: token.boundTo,
  };
}

interface Standing {
  accountId: string;
  plan: string;
  problem: CredentialProblem | undefined;
}

/** The app, its owner with their plan, and the person: everyone whose standing a token hangs on. */
async function findStanding(
  services: Services,
  product: Product,
  clientId: string,
  personId: string | undefined,
): Promise<Standing | undefined> {
  const row = await services
    .db('oauth_clients')
    .leftJoin('users as owner', 'owner.id', 'oauth_clients.user_id')
    .leftJoin('users as person', 'person.id', services.db.raw('?', [personId ?? null]))
    .leftJoin('account_plans', (join) =>
      join
        .on('account_plans.account_id', 'oauth_clients.user_id')
        .andOnVal('account_plans.product', product.id),
    )
    .where('oauth_clients.id', clientId)
    .select({
      ownerId: 'owner.id',
      ownerStatus: 'owner.status',
      personStatus: 'person.status',
      disabledAt: 'oauth_clients.disabled_at',
      plan: 'account_plans.plan',
    })
    .first();
  if (!row) return undefined;
  const ended =
    row.disabledAt !== null ||
    (row.ownerId !== null && row.ownerStatus !== 'active') ||
    (personId !== undefined && row.personStatus !== 'active');
  return {
    // An app without an owner is an account of its own, on the default plan.
    accountId: row.ownerId ?? clientId,
    plan: row.plan ?? product.defaultPlan,
    problem: ended ? 'token_invalid' : undefined,
  };
}
