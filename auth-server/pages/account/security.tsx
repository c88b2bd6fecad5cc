import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Field } from '../../../shared/ui/field.js';
import { toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { NewPassword, UsernameHint } from '../parts/new-password.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface SecurityProps extends AppShellPageProps {
  /** By field: `current_password`, `new_password` of the one form; `new_email`, `password` of the other. */
  errors?: FieldErrors;
  /** Typed before. */
  newEmail?: string;
  /** An address that was asked for and not verified yet. */
  pendingEmail?: string;
}

export function securityPage({ errors, newEmail, pendingEmail, ...page }: SecurityProps): string {
  return renderPage(
    <AppShell {...page} sidebar={accountSidebar} current={paths.security} title="Email and password">
      <section>
        <h2>Email</h2>
        <p>
          You sign in as <strong class="breakable">{toVisibleLine(page.person.email, 254)}</strong>.
          {pendingEmail ? (
            <>
              {' '}
              <strong class="breakable">{toVisibleLine(pendingEmail, 254)}</strong> takes its place once you
              open the link we sent there.
            </>
          ) : null}
        </p>
        <Form action={paths.changeEmail} csrf={page.csrf} class="sheet-form">
          <Field
            name="new_email"
            type="email"
            label="New email"
            value={newEmail}
            hint="We send a link there; until you open it, nothing changes. The old address is told."
            errors={errors}
            autocomplete="email"
            required
          />
          <Field
            name="password"
            type="password"
            label="Your password, to be sure it is you"
            errors={errors}
            autocomplete="current-password"
            required
          />
          <div class="actions">
            <SubmitButton>Change the email</SubmitButton>
          </div>
        </Form>
      </section>
      <section>
        <h2>Password</h2>
        <p>
          Changing it signs you out everywhere else, and connected apps must be connected again. Keys stay.
        </p>
        <Form action={paths.changePassword} csrf={page.csrf} class="sheet-form">
          <UsernameHint email={page.person.email} />
          <Field
            name="current_password"
            type="password"
            label="Current password"
            errors={errors}
            autocomplete="current-password"
            required
          />
          <NewPassword name="new_password" label="New password" errors={errors} />
          <div class="actions">
            <SubmitButton>Change the password</SubmitButton>
          </div>
        </Form>
      </section>
    </AppShell>,
  );
}
