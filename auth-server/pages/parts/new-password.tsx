import { minimumPasswordCharacters } from '../../../shared/crypto/passwords.js';
import { Field } from '../../../shared/ui/field.js';
import type { FieldErrors } from '../../../shared/ui/label.js';

interface NewPasswordProps {
  name?: string;
  label?: string;
  errors?: FieldErrors;
}

export function NewPassword({ name = 'password', label = 'Password', errors }: NewPasswordProps) {
  return (
    <Field
      name={name}
      type="password"
      label={label}
      hint={`At least ${minimumPasswordCharacters} characters. A few words in a row are easy to keep in mind and hard to guess.`}
      minlength={minimumPasswordCharacters}
      autocomplete="new-password"
      errors={errors}
      required
    />
  );
}

/** Tells password managers whose password a form without an email field changes; nobody sees it. */
export function UsernameHint({ email }: { email: string }) {
  return <input type="text" name="username" value={email} autocomplete="username" readonly hidden />;
}
