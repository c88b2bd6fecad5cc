/**
 * Grants: what a person lets an app do. One row per authorization, under the id that oidc-provider gives its own
 * Grant record; tokens hang on it, and ending it ends them. What a person chose to be remembered is a consent
 * (consents.ts): two things on purpose, since one shared grant per person and app would sign out every device
 * whenever one token is replayed.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlFromNow, sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { personSubject } from '../../ids.js';
import { getOAuthProduct } from '../../products/index.js';
import { inTransaction, type Services } from '../../services.js';
import { auditOrigin, type Origin } from '../people/origin.js';
import { findPlan, planDefinition } from '../people/plans.js';
import type { Actor } from '../people/users.js';
import { revokeKeysOfGrants } from './grant-keys.js';
import { cancelTasksOfGrants } from './grant-tasks.js';

/** `once`: an hour and no refresh token. `30d`: thirty days. `always`: until revoked, a year at the longest. */
export type GrantDuration = 'once' | '30d' | 'always';

export const grantLifetimeSeconds: Readonly<Record<GrantDuration, number>> = {
  once: 3600,
  '30d': 30 * 86_400,
  always: 365 * 86_400,
};

/** A grant that is not used for this long is over, for products that say so. */
const dormantSeconds = 30 * 86_400;

const useNotedSeconds = 300;

export interface Grant {
  id: string;
  userId: string;
  clientId: string;
  product: string | null;
  scopes: string[];
  /** What the app asked for; null when it named no scope. */
  requestedScopes: string[] | null;
  duration: GrantDuration;
  createdAt: Date;
  /** From the consent on; decides when the grant lapses. */
  lastUsedAt: Date;
  /** The app's last call with a token of the grant, to five minutes; null before the first. */
  usedAt: Date | null;
  expiresAt: Date;
}

const columns = {
  id: 'grants.id',
  userId: 'grants.user_id',
  clientId: 'grants.client_id',
  product: 'grants.product',
  scopes: 'grants.scopes',
  requestedScopes: 'grants.requested_scopes',
  duration: 'grants.duration',
  createdAt: 'grants.created_at',
  lastUsedAt: 'grants.last_used_at',
  usedAt: 'grants.used_at',
  expiresAt: 'grants.expires_at',
};

export interface NewGrant {
  id: string;
  userId: string;
  clientId: string;
  /** null when only identity was asked for. */
  product: string | null;
  scopes: string[];
  requestedScopes: string[] | null;
  duration: GrantDuration;
  /** What the duration allows, if not given. */
  lifetimeSeconds?: number;
  /** Where the person's decision came from. */
  origin?: Origin;
}

/** Stores a grant and its audit row. Throws `plan_limit` when the app's owner has no place for one more human. */
export async function createGrant(services: Services, grant: NewGrant): Promise<void> {
  await inTransaction(services, async (tx) => {
    await takePlaceOnPlan(tx, grant);
    await tx.db('grants').insert({
      id: grant.id,
      user_id: grant.userId,
      client_id: grant.clientId,
      product: grant.product,
      scopes: grant.scopes,
      requested_scopes: grant.requestedScopes,
      duration: grant.duration,
      created_at: sqlNow(tx),
      last_used_at: sqlNow(tx),
      expires_at: sqlFromNow(tx, grant.lifetimeSeconds ?? grantLifetimeSeconds[grant.duration]),
    });
    await tx
      .db('oauth_clients')
      .where({ id: grant.clientId })
      .update({ last_used_at: sqlNow(tx) });
    await recordAudit(tx, {
      accountId: grant.userId,
      action: 'consent.granted',
      actor: { kind: 'person', id: grant.userId },
      target: { kind: 'client', id: grant.clientId },
      credentialId: grant.id,
      details: { scopes: grant.scopes, duration: grant.duration },
      ...auditOrigin(grant.origin ?? {}),
    });
  });
}

/**
 * A human counts toward the plan of the app's owner while any app of that account holds a live grant. The account
 * is locked while we count, so that two people who consent at once cannot both take the last place.
 */
async function takePlaceOnPlan(tx: Services, grant: NewGrant): Promise<void> {
  if (grant.product === null) return;
  const product = getOAuthProduct(grant.product);
  const client = await tx.db('oauth_clients').select('user_id').where({ id: grant.clientId }).first();
  const ownerId: string | null = client?.user_id ?? null;
  if (!product.oauth.needsHuman || ownerId === null) return;
  const { humans = Number.POSITIVE_INFINITY } = planDefinition(product, await findPlan(tx, ownerId, product));
  if (!Number.isFinite(humans)) return;
  await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `humans:${product.id}:${ownerId}`,
  ]);
  const others: string[] = await liveGrants(tx)
    .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
    .where({ 'oauth_clients.user_id': ownerId, 'grants.product': product.id })
    .distinct()
    .pluck('grants.user_id');
  if (!others.includes(grant.userId) && others.length >= humans) {
    throw new DomainError('plan_limit', { details: { humans } });
  }
}

/** Grants that are neither expired nor dormant, to be narrowed by the caller. */
export function liveGrants(services: Services) {
  return services
    .db('grants')
    .where('grants.expires_at', '>', sqlNow(services))
    .where('grants.last_used_at', '>', sqlFromNow(services, -dormantSeconds));
}

export async function findLiveGrant(services: Services, id: string): Promise<Grant | undefined> {
  return liveGrants(services).select(columns).where({ 'grants.id': id }).first();
}

/** The live grants between any app of an account and one person at a product, newest first. */
export async function listGrantsBetween(
  services: Services,
  input: { accountId: string; userId: string; product: string },
): Promise<Grant[]> {
  return liveGrants(services)
    .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
    .whereNull('oauth_clients.disabled_at')
    .where({
      'oauth_clients.user_id': input.accountId,
      'grants.user_id': input.userId,
      'grants.product': input.product,
    })
    .orderBy('grants.created_at', 'desc')
    .select(columns);
}

/** A person's live grants, newest first. */
export async function listGrantsOfPerson(services: Services, userId: string): Promise<Grant[]> {
  return liveGrants(services)
    .select(columns)
    .where({ 'grants.user_id': userId })
    .orderBy('created_at', 'desc');
}

/** How many people have a live grant for a client. */
export async function countPeopleOfClient(services: Services, clientId: string): Promise<number> {
  const row = await liveGrants(services)
    .where({ 'grants.client_id': clientId })
    .countDistinct({ people: 'grants.user_id' })
    .first();
  return Number(row?.people ?? 0);
}

/** Notes that a grant was used, so that it does not go dormant. */
export async function touchGrant(services: Services, id: string): Promise<void> {
  await services
    .db('grants')
    .where({ id })
    .update({ last_used_at: sqlNow(services) });
}

/** Notes a call that was made on the strength of a grant; writes at most once in five minutes. */
export async function noteGrantUse(services: Services, id: string): Promise<void> {
  await services
    .db('grants')
    .where({ id })
    .where((query) =>
      query.whereNull('used_at').orWhere('used_at', '<', sqlFromNow(services, -useNotedSeconds)),
    )
    .update({ used_at: sqlNow(services), last_used_at: sqlNow(services) });
}

/**
 * Ends grants with all their codes and tokens, for every process at once. `where` is columns of `grants`. Returns
 * the ids that were ended.
 *
 * A token request locks the code or refresh token that it uses first and the grant last; the same order here means
 * that neither waits for the other in a circle. The second delete is for the tokens of a request that we had to
 * wait for: they were not there yet when the first one looked.
 */
export async function endGrants(
  services: Services,
  where: { id?: string; user_id?: string; client_id?: string },
  actor: Actor,
): Promise<string[]> {
  return inTransaction(services, async (tx) => {
    const deleteTokens = (ids: string[]) => tx.db('oidc_records').whereIn('grant_id', ids).delete();
    await deleteTokens(await tx.db('grants').where(where).pluck('id'));
    const ended: Array<{ id: string; user_id: string; client_id: string }> = await tx
      .db('grants')
      .where(where)
      .delete(['id', 'user_id', 'client_id']);
    const ids = ended.map((grant) => grant.id);
    await deleteTokens(ids);
    await cancelTasksOfGrants(tx, ids);
    await revokeKeysOfGrants(tx, ids, actor);
    for (const grant of ended) {
      await announceChange(tx, { kind: 'grant', id: grant.id });
      await recordAudit(tx, {
        accountId: grant.user_id,
        action: 'grant.revoked',
        actor,
        target: { kind: 'client', id: grant.client_id },
        credentialId: grant.id,
      });
    }
    return ids;
  });
}

/** What a person's "disconnect" does: forgets the consent and ends every grant between the two. */
export async function disconnectApp(
  services: Services,
  input: { userId: string; clientId: string },
  actor: Actor,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    await tx.db('consents').where({ user_id: input.userId, client_id: input.clientId }).delete();
    await endGrants(tx, { user_id: input.userId, client_id: input.clientId }, actor);
    await recordAudit(tx, {
      accountId: input.userId,
      action: 'consent.revoked',
      actor,
      target: { kind: 'client', id: input.clientId },
      details: { subject: personSubject(input.userId) },
    });
  });
}
