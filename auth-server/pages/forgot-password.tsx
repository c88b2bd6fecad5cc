import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { paths, withQuery } from './paths.js';

export interface ForgotPasswordProps extends PageProps {
  email?: string;
  errors?: FieldErrors;
  returnTo?: string;
}

export function forgotPasswordPage({ email, errors, returnTo, csrf, ...page }: ForgotPasswordProps): string {
  const query = { return_to: returnTo };
  return renderPage(
    <Card
      title="Forgot the password?"
      {...page}
      aside={<a href={withQuery(paths.signIn, query)}>Back to sign in</a>}
    >
      <p>
        Tell us your email, and we send a link to choose a new one. Your apps and keys keep working meanwhile.
      </p>
      <Form action={paths.forgot} csrf={csrf} hidden={query}>
        <Field
          name="email"
          type="email"
          label="Email"
          value={email}
          errors={errors}
          autocomplete="username"
          required
        />
        <div class="actions">
          <SubmitButton>Send the link</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
