import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { toVisibleLine } from '../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import { paths, withQuery } from './paths.js';

export interface VerifyEmailProps extends PageProps {
  /**
   * `asked`: the link was opened; mail programs open links too, so a button does the work. `done`: the address is
   * verified. `gone`: the link is used, too old, or not ours.
   */
  state: 'asked' | 'done' | 'gone';
  email?: string;
  token?: string;
  returnTo?: string;
}

export function verifyEmailPage({ state, email, token, returnTo, csrf, ...page }: VerifyEmailProps): string {
  const address = email ? <strong class="breakable">{toVisibleLine(email, 254)}</strong> : 'this address';
  if (state === 'done') {
    return renderPage(
      <Card title="Your address is verified" {...page}>
        <p>We know now that {address} is yours.</p>
        <p class="actions">
          <a class="button primary" href={returnTo ?? paths.account}>
            Go on
          </a>
        </p>
      </Card>,
    );
  }
  if (state === 'gone') {
    return renderPage(
      <Card
        title="This link no longer works"
        {...page}
        aside={<a href={withQuery(paths.signIn, { return_to: returnTo })}>Sign in</a>}
      >
        <p>
          It was used already, or it is too old. If you verified the address before, all is well: just sign
          in.
        </p>
        <Form action={paths.resendVerification} csrf={csrf} hidden={{ return_to: returnTo }}>
          <Field name="email" type="email" label="Email" value={email} autocomplete="email" required />
          <div class="actions">
            <SubmitButton>Send a new link</SubmitButton>
          </div>
        </Form>
      </Card>,
    );
  }
  return renderPage(
    <Card title="Is this address yours?" {...page}>
      <p>
        Confirm that {address} belongs to you and to the account you just made. If you made none, close this
        page.
      </p>
      <Form action={paths.verify} csrf={csrf} hidden={{ token, return_to: returnTo }}>
        <div class="actions">
          <SubmitButton>Yes, it is mine</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
