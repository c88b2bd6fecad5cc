import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { Foreign } from '../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import { paths, withQuery } from './paths.js';

export interface SignInProps extends PageProps {
  /** Where the form goes: `paths.signIn`, or the interaction's own address. */
  action: string;
  email?: string;
  /** Own path to go on to; travels in the hidden field `return_to` and in the links to the other pages. */
  returnTo?: string;
  /** The app that asked, inside an authorization. */
  appName?: string;
}

export function signInPage({ action, email, returnTo, appName, csrf, ...page }: SignInProps): string {
  const query = { return_to: returnTo };
  return renderPage(
    <Card
      title="Sign in"
      lead={
        appName ? (
          <>
            to go on to{' '}
            <strong>
              <Foreign text={appName} maximum={60} />
            </strong>
            . You decide there what it may do.
          </>
        ) : undefined
      }
      {...page}
      aside={
        <p>
          New here? <a href={withQuery(paths.signUp, query)}>Create an account</a>
        </p>
      }
    >
      <Form action={action} csrf={csrf} hidden={query}>
        <Field name="email" type="email" label="Email" value={email} autocomplete="username" required />
        <Field name="password" type="password" label="Password" autocomplete="current-password" required />
        <div class="actions">
          <SubmitButton>Sign in</SubmitButton>
          <a href={withQuery(paths.forgot, query)}>Forgot the password?</a>
        </div>
      </Form>
    </Card>,
  );
}
