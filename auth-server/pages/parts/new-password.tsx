import { Field, type FieldErrors } from './field.js';

interface NewPasswordProps {
  name?: string;
  label?: string;
  minimumCharacters: number;
  errors?: FieldErrors;
}

export function NewPassword({
  name = 'password',
  label = 'Password',
  minimumCharacters,
  errors,
}: NewPasswordProps) {
  return (
    <Field
      name={name}
      type="password"
      label={label}
      hint={`At least ${minimumCharacters} characters. A few words in a row are easy to keep in mind and hard to guess.`}
      minlength={minimumCharacters}
      autocomplete="new-password"
      errors={errors}
      required
    />
  );
}
