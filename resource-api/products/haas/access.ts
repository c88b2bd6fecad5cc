/**
 * Whom a caller can reach, and whose tasks it sees. A test key reaches the simulated humans and nobody else; a live
 * key real ones who gave an app of its account the scope; an access token the one person it is from. Everyone else
 * is unknown (404), except that a live key is told that consent is missing: its owner can ask for it.
 */
import { DomainError } from '../../../shared/errors.js';
import type { Human } from '../../../shared/identity/people/humans.js';
import { personIdOf } from '../../../shared/ids.js';
import type { AccessTokenCaller, ApiKeyCaller } from '../../routing/caller.js';
import type { Call } from '../../routing/route.js';
import type { Dispatcher } from './dispatch/create.js';
import type { TaskOwner } from './dispatch/task.js';
import {
  checkPlan,
  getConsentingHuman,
  getHuman,
  getSimulatedHuman,
  type Reach,
} from './domain/reachable-humans.js';

export type AppCaller = ApiKeyCaller | AccessTokenCaller;
export type AppCall = Pick<Call<AppCaller>, 'services' | 'caller' | 'product'>;

const unknownHuman = () => new DomainError('not_found', { subject: 'human' });

/** The id inside `usr_…`. Throws `not_found` for anything else. */
export function readHumanId(humanId: string): string {
  const id = humanId.startsWith('usr_') ? personIdOf(humanId) : undefined;
  if (id === undefined) throw unknownHuman();
  return id;
}

/** The person of a token. Throws `access_denied` for a token that acts for nobody. */
export function personOf({ personId }: AccessTokenCaller): string {
  if (personId === undefined)
    throw new DomainError('access_denied', { message: 'This token acts for no human.' });
  return personId;
}

/** An app that nobody owns has no plan to be upgraded, and may be the same for many people: it is not limited to a few. */
export function reachOf({ caller, product }: Pick<AppCall, 'caller' | 'product'>): Reach {
  const { accountId, planDefinition } = caller;
  const ownerless = caller.kind === 'accessToken' && caller.clientId === accountId;
  const humans = ownerless ? undefined : planDefinition.humans;
  return { accountId, product: product.id, humans: humans ?? Number.POSITIVE_INFINITY };
}

/** The human that a caller may look at under a scope. Throws `not_found`, `consent_required` and `plan_limit`. */
export async function reachHuman(call: AppCall, humanId: string, scope: string): Promise<Human> {
  const { services, caller } = call;
  const id = readHumanId(humanId);
  if (caller.kind === 'accessToken') {
    if (caller.personId !== id) throw unknownHuman();
    await checkPlan(services, reachOf(call), id);
    return getHuman(services, id);
  }
  if (caller.environment === 'test') return getSimulatedHuman(services, id);
  return (await getConsentingHuman(services, reachOf(call), id, scope)).human;
}

/** Whose tasks a caller sees: a key those of its account, a token those with its person. */
export function taskOwnerOf({ caller, product }: Pick<AppCall, 'caller' | 'product'>): TaskOwner {
  const { accountId } = caller;
  return caller.kind === 'apiKey'
    ? { accountId, product: product.id, environment: caller.environment }
    : { accountId, product: product.id, environment: 'live', humanId: personOf(caller) };
}

/** Who dispatches when this caller does. */
export function dispatcherOf(call: Pick<AppCall, 'caller' | 'product'>): Dispatcher {
  const { caller } = call;
  const concurrentTasks = caller.planDefinition.concurrentTasks ?? Number.POSITIVE_INFINITY;
  const common = { ...reachOf(call), concurrentTasks };
  if (caller.kind === 'apiKey') {
    return { ...common, environment: caller.environment, keyId: caller.keyId, clientId: null };
  }
  const { clientId, grantId } = caller;
  if (grantId === undefined)
    throw new DomainError('access_denied', { message: 'This token acts for no human.' });
  const token = { grantId, humanId: personOf(caller) };
  return { ...common, environment: 'live', keyId: null, clientId, token };
}
