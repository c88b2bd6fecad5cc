import type { ComponentChildren } from 'preact';

/** By field name; shown under the field and tied to it with `aria-describedby`. */
export type FieldErrors = Readonly<Record<string, string | undefined>>;

interface Described {
  name: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  errors?: FieldErrors;
  /** Differs from `name` where a page has the same field twice. */
  id?: string;
}

interface FieldProps extends Described {
  type?: 'text' | 'email' | 'password' | 'date' | 'time' | 'number' | 'url';
  value?: string;
  autocomplete?: string;
  required?: boolean;
  minlength?: number;
  maxlength?: number;
  min?: string;
  mono?: boolean;
}

function describe({ name, hint, errors, id = name }: Described) {
  const error = errors?.[name];
  const ids = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return { id, error, describedBy: ids || undefined };
}

function Label({
  id,
  label,
  hint,
  error,
}: {
  id: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  error?: string;
}) {
  return (
    <>
      <label for={id}>{label}</label>
      {hint ? (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      ) : null}
    </>
  );
}

export function Field(props: FieldProps) {
  const { name, label, hint, errors: _errors, id: _id, mono, type = 'text', ...input } = props;
  const { id, error, describedBy } = describe(props);
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <input
        {...input}
        id={id}
        name={name}
        // The typings allow one literal here, not a union of them.
        type={type as 'text'}
        class={mono ? 'mono' : undefined}
        spellcheck={mono || type === 'email' ? false : undefined}
        autocapitalize={mono || type === 'email' ? 'none' : undefined}
        aria-describedby={describedBy}
        aria-invalid={error ? 'true' : undefined}
      />
    </div>
  );
}

interface TextAreaProps extends Described {
  value?: string;
  rows?: number;
  required?: boolean;
  mono?: boolean;
}

export function TextArea(props: TextAreaProps) {
  const { name, label, hint, value = '', rows = 3, required, mono } = props;
  const { id, error, describedBy } = describe(props);
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <textarea
        id={id}
        name={name}
        rows={rows}
        required={required}
        class={mono ? 'mono' : undefined}
        spellcheck={mono ? false : undefined}
        aria-describedby={describedBy}
        aria-invalid={error ? 'true' : undefined}
        value={value}
      />
    </div>
  );
}

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

interface SelectProps extends Described {
  choices: readonly Choice[];
  value?: string;
}

export function Select(props: SelectProps) {
  const { name, label, hint, choices, value } = props;
  const { id, error, describedBy } = describe(props);
  return (
    <div class="field">
      <Label id={id} label={label} hint={hint} error={error} />
      <select id={id} name={name} aria-describedby={describedBy} aria-invalid={error ? 'true' : undefined}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TickProps extends Described {
  type?: 'checkbox' | 'radio';
  value?: string;
  checked?: boolean;
  required?: boolean;
}

/** A checkbox or a radio button with its label beside it. Same-named ones get ids of their own from the value. */
export function Tick(props: TickProps) {
  const { name, label, hint, type = 'checkbox', value = 'on', checked, required } = props;
  const { id, error, describedBy } = describe({ ...props, id: props.id ?? `${name}-${value}` });
  return (
    <div class="tick">
      <input
        id={id}
        name={name}
        type={type}
        value={value}
        checked={checked}
        required={required}
        aria-describedby={describedBy}
        aria-invalid={error ? 'true' : undefined}
      />
      <div>
        <Label id={id} label={label} hint={hint} error={error} />
      </div>
    </div>
  );
}

interface ChoicesProps extends Described {
  type: 'checkbox' | 'radio';
  choices: readonly Choice[];
  /** The values that are ticked. */
  selected: readonly string[];
}

/** A group of ticks under one legend. */
export function Choices(props: ChoicesProps) {
  const { name, label, hint, errors, type, choices, selected } = props;
  const { id, error, describedBy } = describe(props);
  return (
    <fieldset aria-describedby={describedBy}>
      <legend>{label}</legend>
      {hint ? (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          {errors?.[name]}
        </p>
      ) : null}
      {choices.map((choice) => (
        <Tick
          key={choice.value}
          type={type}
          name={name}
          id={`${id}-${choice.value.replace(/\W/g, '-')}`}
          value={choice.value}
          label={choice.label}
          hint={choice.hint}
          checked={selected.includes(choice.value)}
        />
      ))}
    </fieldset>
  );
}
