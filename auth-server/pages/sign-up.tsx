import { Card } from '../../shared/ui/card.js';
import { Choices } from '../../shared/ui/checkboxes.js';
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
          hint="We send a link and a code there to see that it is yours."
          value={values.email}
          errors={errors}
          autocomplete="username"
          required
        />
        <NewPassword errors={errors} />
        <Choices
          type="radio"
          name="takes_tasks"
          label="What brings you here?"
          choices={[
            {
              value: 'no',
              label: 'I build',
              hint: 'Keys and apps for software that hands work to people.',
            },
            {
              value: 'yes',
              label: 'I take tasks',
              hint: 'Apps may ask you for work. Each needs your consent first, and you can stop at any time.',
            },
          ]}
          selected={[values.takesTasks ? 'yes' : 'no']}
          errors={errors}
        />
        <div class="actions">
          <SubmitButton>Create the account</SubmitButton>
        </div>
      </Form>
    </Card>,
  );
}
