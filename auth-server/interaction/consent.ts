/**
 * The question itself: may this app do these things? Each scope can be refused on its own; what is not ticked is
 * not granted, whatever the app asked for.
 */
import type { InteractionResults } from 'oidc-provider';
import { recordAudit } from '../../shared/audit/audit.js';
import { DomainError } from '../../shared/errors.js';
import { rememberConsent } from '../../shared/identity/oauth/consents.js';
import type { GrantDuration } from '../../shared/identity/oauth/grants.js';
import type { OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { createHuman, findHuman } from '../../shared/identity/people/humans.js';
import { auditOrigin } from '../../shared/identity/people/origin.js';
import { findUserById, type User } from '../../shared/identity/people/users.js';
import { personIdOf, personSubject } from '../../shared/ids.js';
import type { ScopeDefinition } from '../../shared/products/product.js';
import { findClient } from '../clients/client-registry.js';
import { findTrustLevel } from '../clients/trust-level.js';
import { pageProps, sendPage } from '../http/page.js';
import { write } from '../http/request-transaction.js';
import { identityScopes, isIdentityScope } from '../oidc/identity-scopes.js';
import { consentPage } from '../pages/consent.js';
import { consentRefusedPage } from '../pages/consent-refused.js';
import type { TrustLevel } from '../pages/parts/app-identity.js';
import {
  type AskedScopes,
  askedScopes,
  grantScopes,
  isRemembered,
  redirectHost,
} from '../provider/consent-policy.js';
import { originOf } from '../sign-in/person.js';
import { answerOnce } from './answer-once.js';
import type { InteractionStep } from './interaction-step.js';

interface Question {
  user: User;
  client: OAuthClient;
  standing: TrustLevel;
  asked: AskedScopes;
  /** The product needs someone who takes tasks, and this person does not. */
  needsHuman: boolean;
  /** undefined where a device waits for the answer. */
  redirectUri: string | undefined;
}

const durations: readonly GrantDuration[] = ['once', '30d', 'always'];

export async function showConsent(
  step: InteractionStep,
  again: { error?: string; form?: URLSearchParams } = {},
): Promise<void> {
  const { services, ctx, interaction } = step;
  const question = await readQuestion(step);
  const { user, client, standing, asked, needsHuman, redirectUri } = question;
  const scopes = asked.scopes.map((name) => ({
    name,
    sentence: definitionOf(asked, name)?.words ?? name,
    kind: definitionOf(asked, name)?.kind ?? 'see',
    example: definitionOf(asked, name)?.example,
    ticked: again.form === undefined || again.form.getAll('scope').includes(name),
  }));
  const html = consentPage({
    ...pageProps(services, ctx),
    error: again.error,
    action: `/interaction/${interaction.uid}/consent`,
    switchAction: `/interaction/${interaction.uid}/switch`,
    appName: client.name,
    standing,
    firstSeen: client.createdAt,
    scopes,
    asksForEverything: interaction.params.scope_wildcard !== undefined,
    staysClosed: [
      asked.scopes.includes('email') ? 'see your password' : 'see your password or your email address',
      'act for you in other apps',
    ],
    redirectUri,
    person: { name: user.name, email: user.email },
    offerToTakeTasks: needsHuman,
    becomesHuman: again.form?.has('become_human'),
    duration: readDuration(question, again.form),
    lapsesAfterDays: lapsesAfterDays(asked),
    askedEachTime: redirectUri !== undefined && !isRemembered(client, redirectUri),
  });
  sendPage(ctx, html, redirectUri === undefined ? [] : [redirectUri]);
}

export async function answerConsent(step: InteractionStep, form: URLSearchParams): Promise<void> {
  const question = await readQuestion(step);
  const denied = (why: string) => answerOnce(step, () => deny(step, question, why));
  const decision = form.get('decision');
  if (decision === 'plan_full') return denied("The plan of the app's owner covers no more people");
  if (decision !== 'allow') return denied('The person denied the request');
  const { asked, needsHuman } = question;
  const allowed = asked.scopes.filter((scope) => form.getAll('scope').includes(scope));
  const ofResource = (scope: string) => !isIdentityScope(scope);
  if (asked.scopes.some(ofResource) && !allowed.some(ofResource)) {
    const error = 'Leave at least one thing on, or choose Deny.';
    return showConsent(step, { error, form });
  }
  if (needsHuman && form.get('become_human') === null) return denied('The person does not take tasks');
  return answerOnce(step, () => allow(step, question, allowed, readDuration(question, form)));
}

/** What the form says, or else what the product preselects for such an app. */
function readDuration({ asked, standing }: Question, form: URLSearchParams | undefined): GrantDuration {
  const chosen = durations.find((one) => one === form?.get('duration'));
  if (chosen) return chosen;
  const preselected = asked.product?.oauth.preselectedDuration;
  return preselected?.[standing.kind === 'verified' ? 'verified' : 'unverified'] ?? 'always';
}

async function allow(
  step: InteractionStep,
  question: Question,
  allowed: string[],
  duration: GrantDuration,
): Promise<InteractionResults | undefined> {
  const { services, provider } = step;
  const { user, client, asked, needsHuman, redirectUri } = question;
  const origin = originOf(step.ctx);
  const decision = { subject: personSubject(user.id), clientId: client.id, asked, allowed, duration, origin };
  try {
    if (needsHuman) {
      await write(services, (tx) => createHuman(tx, { id: user.id, displayName: user.name }));
    }
    const grant = await grantScopes(services, provider, decision);
    // A device is asked about each time: whoever is sent a stranger's code must meet a question.
    if (redirectUri !== undefined && isRemembered(client, redirectUri)) {
      const redirectHosts = [redirectHost(redirectUri)];
      const remembered = { userId: user.id, clientId: client.id, scopes: allowed, duration, redirectHosts };
      await write(services, (tx) => rememberConsent(tx, remembered));
    }
    return { consent: { grantId: grant.jti } };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'plan_limit') throw error;
    showFullPlan(step, question, Number(error.data.details?.humans ?? 0));
    return undefined;
  }
}

function showFullPlan(step: InteractionStep, question: Question, peopleInPlan: number): void {
  const { services, ctx, interaction } = step;
  const { client, standing, redirectUri } = question;
  const page = consentRefusedPage({
    ...pageProps(services, ctx),
    action: `/interaction/${interaction.uid}/consent`,
    appName: client.name,
    standing,
    peopleInPlan,
    redirectUri,
  });
  sendPage(ctx, page, redirectUri === undefined ? [] : [redirectUri]);
}

const definitionOf = ({ product }: AskedScopes, name: string): ScopeDefinition | undefined =>
  product?.oauth.scopes[name] ?? identityScopes[name];

/** Days of disuse after which the product forgets a consent; undefined where it does not. */
function lapsesAfterDays({ product }: AskedScopes): number | undefined {
  const seconds = product?.oauth.dormantSeconds;
  return seconds === undefined ? undefined : Math.round(seconds / 86_400);
}

async function deny(
  { services, ctx }: InteractionStep,
  { user, client }: Question,
  description: string,
): Promise<InteractionResults> {
  await write(services, (tx) =>
    recordAudit(tx, {
      accountId: user.id,
      action: 'consent.denied',
      actor: { kind: 'person', id: user.id },
      target: { kind: 'client', id: client.id },
      ...auditOrigin(originOf(ctx)),
    }),
  );
  return { error: 'access_denied', error_description: description };
}

async function readQuestion({ services, interaction }: InteractionStep): Promise<Question> {
  const { params, session } = interaction;
  const user = await findUserById(services, personIdOf(session?.accountId ?? '') ?? '');
  const client = await findClient(services, String(params.client_id));
  if (!user || !client) throw new DomainError('not_found');
  const asked = askedScopes(services, params);
  const mustBeHuman = asked.product?.oauth.needsHuman === true;
  const needsHuman = mustBeHuman && (await findHuman(services, user.id)) === undefined;
  return {
    user,
    client,
    asked,
    needsHuman,
    redirectUri: interaction.deviceCode === undefined ? String(params.redirect_uri) : undefined,
    standing: await findTrustLevel(services, client),
  };
}
