/**
 * What the database says about an access token, whichever form it came in: whose app, whose person, and how they
 * stand. A token hangs on all of them, and on its grant: the end of any ends it with the next request.
 */
import { type Change, changeSubject } from '../../shared/changes/changes.js';
import { noteGrantUse } from '../../shared/identity/oauth/grants.js';
import type { LiveAccessToken } from '../../shared/identity/oauth/oidc-records.js';
import { planDefinition } from '../../shared/identity/people/plans.js';
import { personIdOf } from '../../shared/ids.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { CredentialRecord } from './scheme.js';

/** The record of a token that is for this product; `own` are changes of the token itself. */
export async function loadTokenRecord(
  services: Services,
  product: Product,
  token: LiveAccessToken,
  own: Change[],
): Promise<CredentialRecord | undefined> {
  const { clientId, grantId } = token;
  const personId = token.subject === undefined ? undefined : personIdOf(token.subject);
  const actsForPerson = product.oauth?.actsFor === 'person' ? personId : undefined;
  const standing = await findStanding(services, product, clientId, { personId, accountId: actsForPerson });
  if (!standing) return undefined;
  const { accountId, plan, problem } = standing;
  if (grantId !== undefined && problem === undefined) await noteGrantUse(services, grantId);
  const changes: Change[] = [...own, { kind: 'client', id: clientId }, { kind: 'account', id: accountId }];
  if (grantId !== undefined) changes.push({ kind: 'grant', id: grantId });
  if (personId !== undefined) changes.push({ kind: 'account', id: personId });
  return {
    caller: {
      kind: 'accessToken',
      clientId,
      grantId,
      personId,
      scopes: token.scopes,
      expiresAtMs: token.expiresAt * 1000,
      accountId,
      plan,
      planDefinition: planDefinition(product, plan),
    },
    problem,
    whenExpired: 'token_invalid',
    dependsOn: [...new Set(changes.map(changeSubject))],
    boundTo: token.boundTo,
  };
}

interface Standing {
  /** The app owner's account, or the person's where tokens of the product act for that. */
  accountId: string;
  plan: string;
  problem: CredentialRecord['problem'];
}

/** The app, its owner with their plan, and the person: everyone whose standing a token hangs on. */
async function findStanding(
  services: Services,
  product: Product,
  clientId: string,
  { personId, accountId }: { personId: string | undefined; accountId: string | undefined },
): Promise<Standing | undefined> {
  const { db } = services;
  const account = accountId === undefined ? db.ref('oauth_clients.user_id') : db.raw('?', [accountId]);
  const row = await services
    .db('oauth_clients')
    .leftJoin('users as owner', 'owner.id', 'oauth_clients.user_id')
    .leftJoin('users as person', 'person.id', services.db.raw('?', [personId ?? null]))
    .leftJoin('account_plans', (join) =>
      join
        .on('account_plans.account_id', '=', db.raw('?', [account]))
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
    accountId: accountId ?? row.ownerId ?? clientId,
    plan: row.plan ?? product.defaultPlan,
    problem: ended ? 'token_invalid' : undefined,
  };
}
