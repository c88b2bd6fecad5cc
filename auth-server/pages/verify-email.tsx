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
  /** The link makes an address the new one of an account. */
  isChange?: boolean;
  /** This browser is signed in now. */
  signedIn?: boolean;
  token?: string;
  returnTo?: string;
}

export function verifyEmailPage(props: VerifyEmailProps): string {
  const { state, email, isChange = false, signedIn = false, token, returnTo, csrf, ...page } = props;
  const address = email ? <strong class="breakable">{toVisibleLine(email, 254)}</strong> : 'this address';
  if (state === 'done') {
    const goOn = returnTo ?? (isChange ? paths.security : paths.home);
    return renderPage(
      <Card title={isChange ? 'Your email is changed' : 'Your address is verified'} {...page}>
        <p>
          {isChange ? (
            <>From now on you sign in with {address}.</>
          ) : (
            <>We know now that {address} is yours.</>
          )}{' '}
          {signedIn ? 'You are signed in.' : 'Sign in to go on.'}
        </p>
        <p class="actions">
          <a class="button primary" href={signedIn ? goOn : withQuery(paths.signIn, { return_to: goOn })}>
            {signedIn ? 'Go on' : 'Sign in'}
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
        {isChange ? (
          <>
            <p>It was used already, or it is too old. Your address is as it was before you opened it.</p>
            <p class="actions">
              <a class="button primary" href={paths.security}>
                Ask for the change again
              </a>
            </p>
          </>
        ) : (
          <>
            <p>
              It was used already, or it is too old. If you verified the address before, all is well: just
              sign in.
            </p>
            <Form action={paths.resendVerification} csrf={csrf} hidden={{ return_to: returnTo }}>
              <Field name="email" type="email" label="Email" value={email} autocomplete="email" required />
              <div class="actions">
                <SubmitButton>Send a new link</SubmitButton>
              </div>
            </Form>
          </>
        )}
      </Card>,
    );
  }
  return renderPage(
    <Card title={isChange ? 'Change your email?' : 'Is this address yours?'} {...page}>
      <p>
        {isChange ? (
          <>
            From now on you would sign in with {address} instead of your old address. If you did not ask for
            this, close this page.
          </>
        ) : (
          <>
            Confirm that {address} belongs to you and to the account you just made. If you made none, close
            this page.
          </>
        )}
      </p>
      <Form
        action={isChange ? paths.verifyChange : paths.verify}
        csrf={csrf}
        hidden={{ token, return_to: returnTo }}
      >
        <div class="actions">
          <SubmitButton>{isChange ? 'Use this address' : 'Yes, it is mine'}</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
