/**
 * A question belongs to the person to whom it was put. Between the question and the answer, another tab of the same
 * browser may have signed out, signed in as someone else, or signed in a second time.
 */
import type { Context } from 'koa';
import { errors, type Provider } from 'oidc-provider';
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import type { Services } from '../../shared/services.js';
import type { Interaction, InteractionStep } from './interaction-step.js';

/** Throws `SessionNotFound` when someone else sits at this browser now. */
export async function checkSamePerson(
  services: Services,
  provider: Provider,
  ctx: Context,
  interaction: Interaction,
): Promise<void> {
  const begun = interaction.session;
  if (!begun?.accountId) return;
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res));
  if (session.accountId !== begun.accountId) {
    throw new errors.SessionNotFound('someone else is signed in here now');
  }
  if (begun.uid === undefined || begun.uid === session.uid) return;
  // Signed in from two tabs at once: the browser kept one session, and this question goes on in that one.
  await endSessions(services, { uid: begun.uid });
  begun.uid = session.uid;
  await interaction.persist();
}

/** Signs out whoever is signed in here, unless it is `subject`, so that `subject` can sign in for this question. */
export async function makeWay(
  { services, provider, ctx, interaction }: InteractionStep,
  subject: string,
): Promise<void> {
  const session = await provider.Session.get(provider.createContext(ctx.req, ctx.res));
  if (session.accountId === undefined || session.accountId === subject) return;
  await endSessions(services, { uid: session.uid });
  interaction.session = undefined;
  await interaction.persist();
}
