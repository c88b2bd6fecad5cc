/** What stands around a field: its label, a hint, an error, and the ids that tie them to it. */
import type { ComponentChildren } from 'preact';
import { makeVisible } from './foreign-text.js';

/** By field name; shown at the field and tied to it with `aria-describedby`. */
export type FieldErrors = Readonly<Record<string, string | undefined>>;

export interface Described {
  name: string;
  label: ComponentChildren;
  hint?: ComponentChildren;
  errors?: FieldErrors;
  /** Differs from `name` where a page has the same field twice. */
  id?: string;
}

interface FieldTies {
  id: string;
  error: string;
  describedBy: string | undefined;
  invalid: 'true' | undefined;
  /** Gets the focus when the page loads: the first field that is to be corrected. */
  isFirstInvalid: boolean;
}

export function tieField({ name, hint, errors, id = name }: Described): FieldTies {
  const error = makeVisible(errors?.[name] ?? '');
  const ids = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean);
  const first = Object.entries(errors ?? {}).find(([, text]) => text)?.[0];
  return {
    id,
    error,
    describedBy: ids.join(' ') || undefined,
    invalid: error ? 'true' : undefined,
    isFirstInvalid: first === name,
  };
}

interface ExplanationProps {
  id: string;
  hint?: ComponentChildren;
  error: string;
}

export function Explanation({ id, hint, error }: ExplanationProps) {
  return (
    <>
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

export function Label({ label, ...explanation }: ExplanationProps & { label: ComponentChildren }) {
  return (
    <>
      <label for={explanation.id}>{label}</label>
      <Explanation {...explanation} />
    </>
  );
}
