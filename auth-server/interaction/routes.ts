/**
 * The stops on the way from an app's request to its answer, where a person is needed: sign in, then consent. The
 * address carries the interaction's id, and its cookie is bound to that path, so that several tabs at once do not
 * get in each other's way.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import { errors, type Provider } from 'oidc-provider';
import { endSessions } from '../../shared/identity/sign-in/browser-sessions.js';
import type { Services } from '../../shared/services.js';
import { sendOver } from '../endpoints/protocol-pages.js';
import { describeStaleForm, ForeignForm, readForm, seeOther, sendForeignForm } from '../http/page.js';
import { answerConsent, showConsent } from './consent.js';
import { finish, type Interaction, type InteractionStep } from './interaction-step.js';
import { checkSamePerson } from './same-person.js';
import { askForAccount } from './select-account.js';
import { answerSignIn, askToSignIn, showSignIn } from './sign-in.js';

type Step = (stop: InteractionStep, form: URLSearchParams) => Promise<void>;

/** By prompt, what its page does first; every other prompt is a consent. */
const show: Partial<Record<string, (step: InteractionStep) => Promise<void>>> = {
  login: askToSignIn,
  select_account: askForAccount,
  // The sign-in that follows offers sign-up first.
  create: (step) => finish(step, { create: {} }),
};

/** Mounts the interaction's pages; `provider()` is the one that serves now. */
export function mountInteractions(router: Router, services: Services, provider: () => Provider): void {
  const withInteraction = async (ctx: Context, work: (stop: InteractionStep) => Promise<void>) => {
    const current = provider();
    try {
      const found = await current.interactionDetails(ctx.req, ctx.res);
      if (found.uid !== ctx.params.uid) throw new errors.SessionNotFound('another interaction');
      const interaction = found as unknown as Interaction;
      await checkSamePerson(services, current, ctx, interaction);
      await work({ services, provider: current, ctx, interaction });
    } catch (error) {
      if (error instanceof errors.SessionNotFound) sendOver(services, ctx);
      else if (error instanceof ForeignForm) sendForeignForm(services, ctx, error);
      else throw error;
    }
  };

  router.get('/interaction/:uid', (ctx) =>
    withInteraction(ctx, (stop) => show[stop.interaction.prompt.name]?.(stop) ?? showConsent(stop)),
  );

  const post = (path: string, prompt: string | undefined, step: Step) =>
    router.post(`/interaction/:uid/${path}`, (ctx) =>
      withInteraction(ctx, async (stop) => {
        const form = await readForm(services, ctx).catch((error: unknown) => {
          if (error instanceof ForeignForm && error.form) return showAgain(stop, error.form);
          throw error;
        });
        if (!form) return;
        if (prompt !== undefined && stop.interaction.prompt.name !== prompt) {
          throw new errors.SessionNotFound('that question was answered');
        }
        await step(stop, form);
      }),
    );
  post('signin', 'login', answerSignIn);
  post('consent', 'consent', answerConsent);
  post('account', 'select_account', (step) => finish(step, { select_account: {} }));
  post('switch', undefined, switchPerson);
}

/** A form whose token was too old: the same question once more, with what was chosen. */
async function showAgain(stop: InteractionStep, form: URLSearchParams): Promise<undefined> {
  const { ctx, interaction } = stop;
  const error = describeStaleForm(ctx);
  ctx.status = 403;
  const prompt = interaction.prompt.name;
  if (prompt === 'login') await showSignIn(stop, { email: form.get('email') ?? '', error });
  else if (prompt === 'consent') await showConsent(stop, { error, form });
  else await askForAccount(stop);
}

/** "Not you?": ends the session at this browser and asks the app's question again. */
async function switchPerson({ services, ctx, interaction }: InteractionStep): Promise<void> {
  const uid = interaction.session?.uid;
  if (uid) await endSessions(services, { uid });
  if (interaction.deviceCode !== undefined) {
    interaction.session = undefined;
    await interaction.persist();
    return seeOther(ctx, interaction.returnTo);
  }
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(interaction.params)) {
    for (const one of [value].flat()) if (typeof one === 'string') query.append(name, one);
  }
  seeOther(ctx, `/authorize?${query}`);
}
