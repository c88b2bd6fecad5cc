/** One stop on the way of an authorization at which a person is needed. */
import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Services } from '../../shared/services.js';
import { seeOther } from '../http/page.js';

export interface Interaction {
  uid: string;
  prompt: { name: string; reasons: string[]; details: Record<string, unknown> };
  params: Record<string, unknown>;
  /** Who was signed in when the question arose. */
  session?: { accountId?: string; uid?: string };
  /** The device that waits for the answer (RFC 8628), if one does. */
  deviceCode?: string;
  /** Where the way goes on. */
  returnTo: string;
  persist(): Promise<unknown>;
}

export interface InteractionStep {
  services: Services;
  provider: Provider;
  ctx: Context;
  interaction: Interaction;
}

/** Ends this stop with its result and goes on where oidc-provider says. */
export async function finish(
  { provider, ctx }: InteractionStep,
  result: Parameters<Provider['interactionResult']>[2],
) {
  seeOther(ctx, await provider.interactionResult(ctx.req, ctx.res, result));
}
