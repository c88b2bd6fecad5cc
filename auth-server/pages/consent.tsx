/**
 * The consent page. From the top: which app asks and how far it can be trusted, what it wants to see and to do, what
 * it will not get, for how long, where the browser goes next. Allow and Deny have equal weight, and Deny comes first
 * in the document: the button that the Enter key presses must be the one that gives nothing away.
 */

import type { SignedInPerson } from '../../shared/ui/app-shell.js';
import { Card } from '../../shared/ui/card.js';
import { Checkbox } from '../../shared/ui/checkboxes.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Foreign, toVisibleLine } from '../../shared/ui/foreign-text.js';
import { ActionButton, Form } from '../../shared/ui/form.js';
import { Latch } from '../../shared/ui/latch.js';
import { Callout } from '../../shared/ui/notices.js';
import { AppIdentity, type TrustLevel } from './parts/app-identity.js';
import { Destination } from './parts/destination.js';
import { type Duration, DurationChoices } from './parts/duration-choices.js';
import { type AskedScope, ScopeChoices } from './parts/scope-choices.js';

export interface ConsentProps extends PageProps {
  action: string;
  /** Where "not you?" goes: signs this browser out and asks again. */
  switchAction: string;
  appName: string;
  standing: TrustLevel;
  firstSeen?: Date;
  scopes: readonly AskedScope[];
  /** The app asked for `*`. */
  asksForEverything?: boolean;
  /** One plain sentence each: what the app will not see whatever is ticked. */
  staysClosed: readonly string[];
  /** undefined where a device waits for the answer. */
  redirectUri?: string;
  person: SignedInPerson;
  /** The product needs someone who takes tasks, and this person does not yet: offer it. */
  offerToTakeTasks?: boolean;
  /** Days after which an unused consent lapses by itself, where the product has that. */
  lapsesAfterDays?: number;
  /** Nobody vouches for this app, so nothing is remembered of it; so for those that registered themselves. */
  askedEachTime?: boolean;
  /** What the product preselects, or what was chosen before when the form comes back with an error. */
  duration: Duration;
  /** Ticked before: the person wants to take tasks. */
  becomesHuman?: boolean;
}

/** With a capital and a full stop, as the sentences of the scopes are. */
function asSentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith('.') ? '' : '.');
}

export function consentPage(props: ConsentProps): string {
  const { action, switchAction, appName, standing, firstSeen, scopes, person, csrf, now, ...rest } = props;
  const {
    asksForEverything,
    staysClosed,
    redirectUri,
    offerToTakeTasks,
    lapsesAfterDays,
    askedEachTime = standing.kind === 'self-registered',
    duration,
    becomesHuman,
    ...page
  } = rest;
  const name = <Foreign text={appName} maximum={60} />;
  return renderPage(
    <Card
      title={`${toVisibleLine(appName, 60)} asks for your consent`}
      heading={<AppIdentity name={appName} standing={standing} firstSeen={firstSeen} now={now} />}
      {...page}
      aside={
        <div class="signed-in-as">
          Signed in as <span class="breakable">{toVisibleLine(person.email, 254)}</span>.{' '}
          <ActionButton action={switchAction} csrf={csrf} look="link">
            Not you?
          </ActionButton>
        </div>
      }
    >
      {asksForEverything ? (
        <Callout kind="care">
          This app asks for everything there is. Most apps need one or two of these; leave on only what you
          see a reason for.
        </Callout>
      ) : null}
      <Form action={action} csrf={csrf} class="consent">
        <ScopeChoices appName={appName} scopes={scopes} />
        {staysClosed.length > 0 ? (
          <section class="stays-closed">
            <h2>It will not</h2>
            <ul class="closed">
              {staysClosed.map((sentence) => (
                <li key={sentence}>
                  <Latch state="shut" />
                  <span>{asSentence(sentence)}</span>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        {offerToTakeTasks ? (
          <Callout kind="care">
            <p>{name} works with people who take tasks, and you do not take any yet.</p>
            <Checkbox
              name="become_human"
              value="yes"
              label="I want to take tasks"
              hint="You get a profile that you can edit or switch off at any time."
              checked={becomesHuman}
              required
            />
          </Callout>
        ) : null}
        <DurationChoices selected={duration} now={now} lapsesAfterDays={lapsesAfterDays} />
        <Destination redirectUri={redirectUri} canDeny />
        {askedEachTime ? (
          <p class="muted small">Nobody has checked this app, so we will ask you again each time.</p>
        ) : null}
        <div class="actions pair decision">
          <button type="submit" class="button choice" name="decision" value="deny" formnovalidate>
            Deny
          </button>
          <button type="submit" class="button choice" name="decision" value="allow">
            Allow
          </button>
        </div>
      </Form>
    </Card>,
  );
}
