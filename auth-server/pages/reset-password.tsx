import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { NewPassword, UsernameHint } from './parts/new-password.js';
import { paths, withQuery } from './paths.js';

export interface ResetPasswordProps extends PageProps {
  /** Undefined once the link is used, too old, or not ours. */
  token?: string;
  /** Of the account, for password managers. */
  email?: string;
  returnTo?: string;
  errors?: FieldErrors;
}

export function resetPasswordPage(props: ResetPasswordProps): string {
  const { token, email, returnTo, errors, csrf, ...page } = props;
  if (!token) {
    return renderPage(
      <Card title="This link no longer works" {...page}>
        <p>It was used already, or it is too old. Your password is unchanged.</p>
        <p class="actions">
          <a class="button primary" href={withQuery(paths.forgot, { return_to: returnTo })}>
            Send a new link
          </a>
        </p>
      </Card>,
    );
  }
  return renderPage(
    <Card title="Choose a new password" {...page}>
      <p>Once it is saved, every device that is signed in must sign in again.</p>
      <Form action={paths.reset} csrf={csrf} hidden={{ token, return_to: returnTo }}>
        {email ? <UsernameHint email={email} /> : null}
        <NewPassword errors={errors} label="New password" />
        <div class="actions">
          <SubmitButton>Save the password</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
