import { AppShell } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Filters } from '../../../shared/ui/filters.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import type { SignedInPageProps } from '../parts/once.js';
import { paths, withQuery } from '../paths.js';
import { type KeyFieldFacts, KeyFields, type KeyValues } from './key-fields.js';
import type { ConsoleProduct } from './products.js';
import { consoleSidebar } from './sidebar.js';

export interface NewKeyProps extends SignedInPageProps {
  products: readonly ConsoleProduct[];
  /** Chosen by a link, because the other fields depend on it; goes into the hidden field `product`. */
  product: ConsoleProduct;
  facts: KeyFieldFacts;
  values?: KeyValues;
  errors?: FieldErrors;
}

export function newKeyPage({
  products,
  product,
  facts: definition,
  values = {},
  errors,
  ...page
}: NewKeyProps): string {
  return renderPage(
    <AppShell {...page} sidebar={consoleSidebar} current={paths.keys} title="Create New API Key">
      <Filters
        label="Product"
        options={products.map(({ id, name }) => ({
          label: name,
          href: withQuery(paths.newKey, { product: id }),
          current: id === product.id,
        }))}
      />
      <Form
        action={paths.newKey}
        csrf={page.csrf}
        hidden={{ product: product.id, once: page.once }}
        class="sheet-form"
      >
        <KeyFields facts={definition} values={values} errors={errors} isNew />
        <div class="actions">
          <SubmitButton>Create the key</SubmitButton>
          <a href={paths.keys}>Cancel</a>
        </div>
      </Form>
    </AppShell>,
  );
}
