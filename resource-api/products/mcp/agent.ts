/** Who calls, as the tools see it. */

import type { KeyEnvironment } from '../../../shared/crypto/key-format.js';
import { DomainError } from '../../../shared/errors.js';
import type { Services } from '../../../shared/services.js';
import type { Asker, PeopleRequestKind } from '../../routing/agent-tools.js';
import type { AccessTokenCaller, ApiKeyCaller } from '../../routing/caller.js';
import type { Call } from '../../routing/route.js';
import type { RequestOwner } from './domain/requests.js';

export type AgentCall = Call<ApiKeyCaller | AccessTokenCaller>;

export interface Agent {
  services: Services;
  asker: Asker;
  /** Whose requests this agent sees. */
  owner: RequestOwner;
  /** The kinds of requests that exist in its environment. */
  kinds: readonly PeopleRequestKind[];
  /** Aborts when the server stops: end waiting then. */
  closing: AbortSignal;
}

/** Throws `access_denied` for a token that acts for nobody (client credentials). */
export function agentOf(
  call: AgentCall,
  environment: KeyEnvironment,
  kinds: readonly PeopleRequestKind[],
): Agent {
  const { caller, services, address, userAgent, requestId, closing } = call;
  const origin = { address, userAgent, requestId };
  const personId = caller.kind === 'apiKey' ? caller.accountId : caller.personId;
  if (personId === undefined) {
    throw new DomainError('access_denied', { message: 'This token acts for no person. Sign in instead.' });
  }
  const credential =
    caller.kind === 'apiKey'
      ? ({ kind: 'key', id: caller.familyId } as const)
      : ({ kind: 'client', id: caller.clientId } as const);
  const actor = {
    kind: credential.kind,
    id: caller.kind === 'apiKey' ? caller.keyId : caller.clientId,
    ...origin,
  };
  return {
    services,
    asker: { personId, environment, credential, actor },
    owner: { accountId: personId, credential: `${credential.kind}:${credential.id}`, environment },
    kinds: kinds.filter(({ inTest }) => environment === 'live' || inTest),
    closing,
  };
}
