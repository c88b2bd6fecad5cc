/**
 * Which humans an account can reach. A real human is reached by live credentials only and only with their consent
 * for the very thing that is asked; a simulated one by test credentials only, and asks for nothing.
 */

import { DomainError } from '../../shared/errors.js';
import { listGrantsBetween, touchGrant } from '../../shared/identity/grants.js';
import { findHuman, type Human } from '../../shared/identity/humans.js';
import type { Services } from '../../shared/services.js';

/** A grant goes dormant after weeks: its last use need not be known to the minute. */
const touchAfterMs = 3_600_000;

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

/**
 * A real human who lets an app of this account do what the scope says. Throws `not_found` for an unknown or a
 * simulated human, and `consent_required` for one whose live grants do not have the scope.
 */
export async function getConsentingHuman(
  services: Services,
  input: { accountId: string; humanId: string; product: string; scope: string },
): Promise<Human> {
  const human = await getHuman(services, input.humanId);
  if (human.simulated || human.userId === null) throw unknownHuman();
  const { accountId, product, scope } = input;
  const grants = await listGrantsBetween(services, { accountId, userId: human.userId, product });
  const grant = grants.find(({ scopes }) => scopes.includes(scope));
  if (!grant)
    throw new DomainError('consent_required', { needed: scope, details: { required_scope: scope } });
  if (services.clock.ms() - grant.lastUsedAt.getTime() > touchAfterMs) await touchGrant(services, grant.id);
  return human;
}
