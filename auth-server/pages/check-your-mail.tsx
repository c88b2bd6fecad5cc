import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { toVisibleLine } from '../../shared/ui/foreign-text.js';
import { ActionButton, Form, SubmitButton } from '../../shared/ui/form.js';
import { paths, withQuery } from './paths.js';

export interface CheckYourMailProps extends PageProps {
  email: string;
  /**
   * `verify`: a link that shows the address is theirs. `reset`: a link for a new password; the words are the same
   * whether or not the address has an account.
   */
  reason: 'verify' | 'reset';
  returnTo?: string;
  /** In development mail stays here, readable at `/dev/mail`. */
  keptHere?: boolean;
}

export function checkYourMailPage({
  email,
  reason,
  returnTo,
  keptHere,
  csrf,
  ...page
}: CheckYourMailProps): string {
  const address = <strong class="breakable">{toVisibleLine(email, 254)}</strong>;
  return renderPage(
    <Card
      title="Check your mail"
      {...page}
      aside={<a href={withQuery(paths.signIn, { return_to: returnTo })}>Back to sign in</a>}
    >
      {reason === 'verify' ? (
        <>
          <p>We sent a link and a code to {address}. Open the link, or type the code here.</p>
          <Form action={paths.verifyCode} csrf={csrf} hidden={{ return_to: returnTo }}>
            <Field
              name="code"
              label="Six-digit code"
              autocomplete="one-time-code"
              inputmode="numeric"
              maxlength={16}
              required
            />
            <div class="actions">
              <SubmitButton>Go on</SubmitButton>
            </div>
          </Form>
        </>
      ) : (
        <p>
          If {address} has an account here, a link to choose a new password is on its way. It works once, for
          30 minutes.
        </p>
      )}
      {keptHere ? (
        <p>
          This is a development server: <a href={paths.devMail}>read its mail here</a>.
        </p>
      ) : null}
      <p class="muted">
        Nothing there after a few minutes? Look into the spam folder, or let us send it again.
      </p>
      <ActionButton
        action={reason === 'verify' ? paths.resendVerification : paths.forgot}
        csrf={csrf}
        hidden={{ email, return_to: returnTo }}
      >
        Send it again
      </ActionButton>
    </Card>,
  );
}
