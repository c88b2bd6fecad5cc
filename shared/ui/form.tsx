/** Forms work without script: POST, a CSRF token, a label for everything, errors tied to their field. */
import type { ComponentChildren } from 'preact';

interface FormProps {
  action: string;
  csrf: string;
  hidden?: Readonly<Record<string, string | undefined>>;
  class?: string;
  children: ComponentChildren;
}

export function Form({ action, csrf, hidden = {}, class: className, children }: FormProps) {
  return (
    <form method="post" action={action} class={className}>
      <input type="hidden" name="csrf" value={csrf} />
      {Object.entries(hidden).map(([name, value]) =>
        value === undefined ? null : <input key={name} type="hidden" name={name} value={value} />,
      )}
      {children}
    </form>
  );
}

/** A form that is only a button, such as "Disable". */
export function ActionButton({
  children,
  look = 'quiet',
  label,
  ...form
}: Omit<FormProps, 'class'> & { look?: 'primary' | 'quiet' | 'danger' | 'link'; label?: string }) {
  return (
    <Form {...form} class="inline">
      <button type="submit" class={look === 'link' ? 'link' : `button ${look}`} aria-label={label}>
        {children}
      </button>
    </Form>
  );
}

export function SubmitButton({
  children,
  look = 'primary',
}: {
  children: ComponentChildren;
  look?: 'primary' | 'quiet' | 'danger';
}) {
  return (
    <button type="submit" class={`button ${look}`}>
      {children}
    </button>
  );
}
