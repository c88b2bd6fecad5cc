import { AppShell } from '../../../shared/ui/app-shell.js';
import { Checkbox } from '../../../shared/ui/checkboxes.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Select } from '../../../shared/ui/field.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import type { SignedInPageProps } from '../parts/once.js';
import { paths } from '../paths.js';
import { AppFields, type AppValues } from './app-fields.js';
import type { ConsoleProduct } from './products.js';
import { consoleSidebar } from './sidebar.js';

export interface NewAppProps extends SignedInPageProps {
  /** Those that speak OAuth. */
  products: readonly ConsoleProduct[];
  values?: AppValues & { product?: string; isPublic?: boolean; jwtAccessTokens?: boolean };
  errors?: FieldErrors;
}

export function newAppPage({ products, values = {}, errors, ...page }: NewAppProps): string {
  return renderPage(
    <AppShell {...page} sidebar={consoleSidebar} current={paths.apps} title="Register an app">
      <Form action={paths.newApp} csrf={page.csrf} hidden={{ once: page.once }} class="sheet-form">
        <Select
          name="product"
          label="Product"
          hint="It decides which permissions the app can ask for."
          choices={products.map(({ id, name }) => ({ value: id, label: name }))}
          value={values.product}
          errors={errors}
        />
        <AppFields values={values} errors={errors} />
        <Checkbox
          name="public"
          value="yes"
          label="It runs where it cannot keep a secret"
          hint="In a browser, on a phone, on a desktop. It gets no secret and must use PKCE."
          checked={values.isPublic}
          errors={errors}
        />
        <Checkbox
          name="jwt_access_tokens"
          value="yes"
          label="Its access tokens are JWTs"
          hint="For servers that check a signature and ask nobody. They live five minutes instead of an hour."
          checked={values.jwtAccessTokens}
          errors={errors}
        />
        <div class="actions">
          <SubmitButton>Register</SubmitButton>
          <a href={paths.apps}>Cancel</a>
        </div>
      </Form>
    </AppShell>,
  );
}
