import { Field, TextArea } from '../../../shared/ui/field.js';
import type { FieldErrors } from '../../../shared/ui/label.js';

export interface AppValues {
  name?: string;
  /** One per line. */
  redirectUris?: string;
}

export function AppFields({ values, errors }: { values: AppValues; errors?: FieldErrors }) {
  return (
    <>
      <Field
        name="name"
        label="Name"
        hint="People read it when they are asked for consent."
        value={values.name}
        errors={errors}
        maxlength={60}
        required
      />
      <TextArea
        name="redirect_uris"
        label="Redirect URIs"
        hint="One per line, compared to the letter. https, or http on this device (127.0.0.1) while you develop."
        value={values.redirectUris}
        errors={errors}
        required
        mono
      />
    </>
  );
}
