/**
 * Which humans an account can reach. A real human is reached by live credentials only and only with their consent
 * for the very thing that is asked; a simulated one by test credentials only, and asks for nothing.
 *
 * Consent is a live grant between an app of the account and the human. A plan allows so many humans; after a
 * downgrade those who consented first stay within reach.
 */
import { DomainError } from '../../../../shared/errors.js';
import {
  type Grant,
  listGrantsBetween,
  liveGrants,
  noteGrantUse,
} from '../../../../shared/identity/oauth/grants.js';
import { findHuman, type Human } from '../../../../shared/identity/people/humans.js';
import type { Services } from '../../../../shared/services.js';

const unknownHuman = () => new DomainError('not_found', { subject: 'human' });

/** Throws `not_found`. */
export async function getHuman(services: Services, id: string): Promise<Human> {
  const human = await findHuman(services, id);
  if (!human) throw unknownHuman();
  return human;
}

/** Throws `not_found`, also for a real human. */
export async function getSimulatedHuman(services: Services, id: string): Promise<Human> {
  const human = await getHuman(services, id);
  if (!human.simulated) throw unknownHuman();
  return human;
}

/** An account at a product, and how many humans its plan allows. */
export interface Reach {
  accountId: string;
  product: string;
  humans: number;
}

/**
 * A real human who lets an app of this account do what the scope says, and the grant that says so. Throws
 * `not_found` for an unknown or a simulated human, `consent_required` for one whose live grants do not have the
 * scope, and `plan_limit` for one beyond what the plan allows.
 */
export async function getConsentingHuman(
  services: Services,
  reach: Reach,
  humanId: string,
  scope: string,
): Promise<{ human: Human; grant: Grant }> {
  const human = await getHuman(services, humanId);
  if (human.simulated || human.userId === null) throw unknownHuman();
  const { accountId, product } = reach;
  const grants = await listGrantsBetween(services, { accountId, userId: human.userId, product });
  const grant = grants.find(({ scopes }) => scopes.includes(scope));
  if (!grant) throw consentRequired(scope);
  await checkPlan(services, reach, human.userId);
  await noteGrantUse(services, grant.id);
  return { human, grant };
}

const consentRequired = (scope: string): DomainError =>
  new DomainError('consent_required', {
    needed: scope,
    message: `This human has not given your app the scope ${scope}. Send them to /authorize with it, and call again once they have allowed it.`,
    details: { required_scope: scope },
  });

/** Throws `plan_limit` where those who consented before this human use up the plan. */
export async function checkPlan(services: Services, reach: Reach, userId: string): Promise<void> {
  if (!Number.isFinite(reach.humans)) return;
  const row = await services
    .db(withinPlan(services, reach).as('within'))
    .where({ user_id: userId })
    .first('user_id');
  if (row) return;
  throw new DomainError('plan_limit', {
    message: `Your plan covers ${reach.humans} humans, and this one is beyond them. Upgrade, or let others go.`,
    details: { humans: reach.humans },
  });
}

/** The humans that a plan covers: those with a live grant, who gave their first one earliest. */
function withinPlan(services: Services, { accountId, product, humans }: Reach) {
  const query = liveGrants(services)
    .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
    .where({ 'oauth_clients.user_id': accountId, 'grants.product': product })
    .whereNull('oauth_clients.disabled_at')
    .groupBy('grants.user_id')
    .orderBy([{ column: services.db.raw('min(grants.created_at)') }, { column: 'grants.user_id' }])
    .select('grants.user_id');
  return Number.isFinite(humans) ? query.limit(humans) : query;
}

/** Ids of the humans who let the account do what the scope says, within its plan. */
export async function listConsentingIds(services: Services, reach: Reach, scope: string): Promise<string[]> {
  const query = liveGrants(services)
    .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
    .where({ 'oauth_clients.user_id': reach.accountId, 'grants.product': reach.product })
    .whereNull('oauth_clients.disabled_at')
    .whereRaw('? = any(grants.scopes)', [scope])
    .distinct();
  if (Number.isFinite(reach.humans)) {
    query.whereIn(
      'grants.user_id',
      services.db.select('user_id').from(withinPlan(services, reach).as('within')),
    );
  }
  return query.pluck('grants.user_id');
}

/** Keeps a grant until the transaction is done: whoever takes it back waits. Throws `consent_required` when it is gone. */
export async function lockGrant(tx: Services, id: string): Promise<void> {
  const row = await tx.db('grants').where({ id }).forShare().first('id');
  if (!row)
    throw new DomainError('consent_required', { message: 'This human has just taken their consent back.' });
}
