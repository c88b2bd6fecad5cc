/**
 * The page behind a connect link: an agent found nobody to ask, and its person connects somebody here. And the page
 * that ends it, for the person and for whom they invited.
 */

import { AppShell, type AppShellPageProps } from '../../shared/ui/app-shell.js';
import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { accountSidebar } from './account/sidebar.js';
import { paths } from './paths.js';

export interface ConnectProps extends AppShellPageProps {
  action: string;
  /** What the agent needs, as a sentence of ours. */
  missing: string;
  /** Whether somebody is invited by mail. */
  invites: boolean;
  /** Whether simulated people are asked, who need no invitation. */
  simulated: boolean;
  email?: string;
  errors?: FieldErrors;
}

export function connectPage(props: ConnectProps): string {
  const { action, missing, invites, simulated, email, errors, ...page } = props;
  return renderPage(
    <AppShell {...page} sidebar={accountSidebar} current={paths.account} title="Connect somebody to ask">
      <p>An agent that acts for you wants to ask people. {missing}</p>
      {simulated ? <p>This is for the test environment: people there are simulated.</p> : null}
      <Form action={action} csrf={page.csrf} class="sheet-form">
        {invites ? (
          <Field
            name="email"
            type="email"
            label="Whom to invite"
            hint="They get a mail from us with your name, and decide themselves. Nothing is shared until they agree."
            value={email}
            errors={errors}
            autocomplete="off"
            required
          />
        ) : null}
        <div class="actions">
          <SubmitButton>{invites ? 'Send the invitation' : 'Create it'}</SubmitButton>
        </div>
      </Form>
    </AppShell>,
  );
}

export interface ConnectedProps extends Pick<PageProps, 'supportEmail'> {
  /** `owner`: confirmed the page above. `invited`: agreed to an invitation. `refused`: did not. */
  outcome: 'owner' | 'invited' | 'refused';
}

export function connectedPage({ outcome, supportEmail }: ConnectedProps): string {
  const titles = { owner: 'On its way', invited: 'You are connected', refused: 'Nothing was shared' };
  return renderPage(
    <Card title={titles[outcome]} supportEmail={supportEmail}>
      {outcome === 'owner' ? <p>Go back to your agent and let it ask again.</p> : null}
      {outcome === 'invited' ? (
        <p>Tasks come by mail and in your inbox. You can decline each, and disconnect at any time.</p>
      ) : null}
      {outcome === 'refused' ? <p>You did not agree. You can close this page.</p> : null}
      <p class="actions">
        <a class="button quiet" href={paths.account}>
          See what is connected
        </a>
      </p>
    </Card>,
  );
}
