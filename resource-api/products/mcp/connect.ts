/**
 * When nobody can be asked yet: the person who uses the agent is led to a page on which they connect somebody. A
 * client that opens pages gets an `input_required` result and repeats the call with a signed state; any other gets
 * the address in an error.
 */
import { createRequestStateCodec, inputRequired, type ServerContext } from '@modelcontextprotocol/server';
import { purposeKeys } from '../../../shared/crypto/secrets.js';
import { DomainError } from '../../../shared/errors.js';
import { createConnectLink } from '../../../shared/identity/people/connect-links.js';
import type { PeopleRequestKind } from '../../routing/agent-tools.js';
import type { Agent } from './agent.js';
import { canElicit } from './capabilities.js';
import { errorResult } from './failure.js';
import type { ToolResult } from './tool.js';

/** How long a repetition of the call is taken, in seconds. */
const stateSeconds = 600;

export interface ConnectState {
  /** Of the page that the person was led to: a repetition of the call with this state asks once. */
  ref: string;
  /** Unix seconds, by our clock. */
  issuedAt: number;
}

/** Signs and checks states that belong to one person, client, tool and set of arguments. */
export function createStateCodec({ services, owner }: Agent, call: string) {
  const [key, ...older] = purposeKeys(services.config, 'request-state');
  if (!key) throw new Error('SECRET_KEY is empty');
  const bound = `${owner.accountId}\n${owner.credential}\n${owner.environment}\n${call}`;
  const codecs = [key, ...older].map((one) =>
    createRequestStateCodec<ConnectState>({ key: one, ttlSeconds: stateSeconds, bind: () => bound }),
  );
  return {
    mint: (state: ConnectState, ctx: ServerContext) => {
      const [newest] = codecs;
      if (!newest) throw new Error('there is no codec');
      return newest.mint(state, ctx);
    },
    /** Throws for a state that is stale, foreign or was changed. */
    async verify(text: string, ctx: ServerContext): Promise<ConnectState> {
      for (const codec of codecs) {
        const state = await codec.verify(text, ctx).catch(() => undefined);
        if (state && state.issuedAt + stateSeconds > services.clock.seconds()) return state;
      }
      throw new Error('the state is not valid');
    },
  };
}

export type StateCodec = ReturnType<typeof createStateCodec>;

export const isMissingConsent = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code === 'consent_required';

/** Leads the person to the page; a call that comes back from there is told the address again. */
export async function askToConnect(
  agent: Agent,
  { kind, connecting }: PeopleRequestKind,
  codec: StateCodec,
  ctx: ServerContext,
): Promise<ToolResult> {
  const { services, asker } = agent;
  const { missing, invites } = connecting;
  const ref = await createConnectLink(services, {
    accountId: asker.personId,
    environment: asker.environment,
    kind,
    missing,
    invites,
  });
  const url = `${services.config.issuer}/connect/${ref}`;
  const message = `${missing} Open this page to change that, then ask again.`;
  const returned = ctx.mcpReq.requestState() !== undefined;
  if (returned || !canElicit(ctx, 'url')) return errorResult({ code: 'connect_required', message, url });
  return inputRequired({
    inputRequests: { connect: inputRequired.elicitUrl({ message, url }) },
    requestState: await codec.mint({ ref, issuedAt: services.clock.seconds() }, ctx),
  });
}
