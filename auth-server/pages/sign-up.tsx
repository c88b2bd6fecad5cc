import { Card } from '../../shared/ui/card.js';
import { Checkbox } from '../../shared/ui/checkboxes.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Field } from '../../shared/ui/field.js';
import { Form, SubmitButton } from '../../shared/ui/form.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { NewPassword } from './parts/new-password.js';
import { paths, withQuery } from './paths.js';

export interface SignUpProps extends PageProps {
  values?: { name?: string; email?: string; takesTasks?: boolean };
  errors?: FieldErrors;
  returnTo?: string;
}

export function signUpPage(props: SignUpProps): string {
  const { values = {}, errors, returnTo, csrf, ...page } = props;
  const query = { return_to: returnTo };
  return renderPage(
    <Card
      title="Create an account"
      {...page}
      aside={
        <p>
          Have one already? <a href={withQuery(paths.signIn, query)}>Sign in</a>
        </p>
      }
    >
      <Form action={paths.signUp} csrf={csrf} hidden={query}>
        <Field
          name="name"
          label="Name"
          value={values.name}
          errors={errors}
          autocomplete="name"
          maxlength={100}
          required
        />
        <Field
          name="email"
          type="email"
          label="Email"
          hint="We send a link there to see that it is yours."
          value={values.email}
          errors={errors}
          autocomplete="username"
          required
        />
        <NewPassword errors={errors} />
        <Checkbox
          name="takes_tasks"
          label="I take tasks"
          hint="Apps may then ask you for work. Each one needs your consent first, and you can stop at any time."
          checked={values.takesTasks}
          errors={errors}
        />
        <div class="actions">
          <SubmitButton>Create the account</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
