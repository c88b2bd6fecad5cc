import { type Described, Explanation, Label, tieField } from './label.js';

export interface Choice {
  value: string;
  label: string;
  hint?: string;
}

interface CheckboxProps extends Described {
  type?: 'checkbox' | 'radio';
  value?: string;
  checked?: boolean;
  required?: boolean;
}

/** A checkbox or a radio button with its label beside it. */
export function Checkbox(props: CheckboxProps) {
  const { name, label, hint, type = 'checkbox', value = 'on', checked, required } = props;
  const { id, error, describedBy, invalid } = tieField(props);
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
        aria-invalid={invalid}
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

/** A group of ticks under one legend; each has an id of its own, made from its value. */
export function Choices(props: ChoicesProps) {
  const { name, label, hint, type, choices, selected } = props;
  const { id, error, describedBy } = tieField(props);
  return (
    <fieldset aria-describedby={describedBy}>
      <legend>{label}</legend>
      <Explanation id={id} hint={hint} error={error} />
      {choices.map((choice) => (
        <Checkbox
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
