/**
 * Humans as an app sees them. A test key sees the simulated ones and nobody else; a live key sees real ones who
 * gave an app of its account the scope; an access token sees the one person it is from. Everyone else is unknown
 * (404), except that a live key is told that consent is missing: its owner can ask for it.
 */
import { DomainError } from '../../../shared/errors.js';
import type { Human } from '../../../shared/identity/humans.js';
import { personIdOf } from '../../../shared/ids.js';
import type { Services } from '../../../shared/services.js';
import type { AccessTokenCaller, ApiKeyCaller } from '../../caller.js';
import { getConsentingHuman, getHuman, getSimulatedHuman } from '../../domain/reachable-humans.js';
import { accessToken, apiKey, get } from '../../route.js';
import { statusView } from './status-view.js';

/** The human that a caller may look at under a scope. Throws `not_found` and `consent_required`. */
export async function reachHuman(
  services: Services,
  caller: ApiKeyCaller | AccessTokenCaller,
  humanId: string,
  scope: string,
): Promise<Human> {
  const id = personIdOf(humanId);
  if (id === undefined || !humanId.startsWith('usr_'))
    throw new DomainError('not_found', { subject: 'human' });
  if (caller.kind === 'accessToken') {
    if (caller.personId !== id) throw new DomainError('not_found', { subject: 'human' });
    return getHuman(services, id);
  }
  if (caller.environment === 'test') return getSimulatedHuman(services, id);
  return getConsentingHuman(services, { accountId: caller.accountId, humanId: id, product: 'haas', scope });
}

export const humanRoutes = [
  get(
    '/v1/humans/:id/status',
    { by: [apiKey(), accessToken('status:read')] },
    async ({ services, caller, params }) => {
      const human = await reachHuman(services, caller, params.id, 'status:read');
      return statusView(human, services.clock.now());
    },
  ),
];
