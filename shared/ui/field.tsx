import { type Described, Label, tieField } from './label.js';

interface FieldProps extends Described {
  type?: 'text' | 'email' | 'password' | 'date' | 'time';
  value?: string;
  autocomplete?: string;
  inputmode?: 'numeric';
  required?: boolean;
  min?: string;
  minlength?: number;
  maxlength?: number;
}

export function Field(props: FieldProps) {
  const { name, label, hint, errors: _errors, id: _id, type = 'text', ...input } = props;
  const { id, error, describedBy, invalid, isFirstInvalid } = tieField(props);
  const verbatim = type === 'email';
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <input
        {...input}
        id={id}
        name={name}
        // The typings allow one literal here, not a union of them.
        type={type as 'text'}
        spellcheck={verbatim ? false : undefined}
        autocapitalize={verbatim ? 'none' : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autofocus={isFirstInvalid}
      />
      {type === 'password' ? (
        // Shown by the script, which is what makes it work.
        <button type="button" class="link reveal" data-reveal={id} aria-pressed="false" hidden>
          Show
        </button>
      ) : null}
    </div>
  );
}

interface TextAreaProps extends Described {
  value?: string;
  required?: boolean;
  mono?: boolean;
}

export function TextArea(props: TextAreaProps) {
  const { name, label, hint, value = '', required, mono } = props;
  const { id, error, describedBy, invalid, isFirstInvalid } = tieField(props);
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <textarea
        id={id}
        name={name}
        rows={3}
        required={required}
        class={mono ? 'mono' : undefined}
        spellcheck={mono ? false : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autofocus={isFirstInvalid}
        value={value}
      />
    </div>
  );
}

interface SelectProps extends Described {
  choices: readonly { value: string; label: string }[];
  value?: string;
}

export function Select(props: SelectProps) {
  const { name, label, hint, choices, value } = props;
  const { id, error, describedBy, invalid, isFirstInvalid } = tieField(props);
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <select
        id={id}
        name={name}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        autofocus={isFirstInvalid}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
