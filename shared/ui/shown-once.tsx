/** A secret on the only page that ever shows it, and anything else one copies. */
interface CopyableProps {
  id: string;
  label: string;
  text: string;
  /** Keeps line breaks, for commands. */
  block?: boolean;
}

export function Copyable({ id, label, text, block = false }: CopyableProps) {
  return (
    <div class="copyable">
      <p class="copyable-label" id={`${id}-label`}>
        {label}
      </p>
      <div class="copyable-row">
        <code id={id} class={block ? 'copyable-text block' : 'copyable-text'}>
          {text}
        </code>
        {/* Shown by the script, which is what makes it work. The label becomes "Copied". */}
        <button
          type="button"
          class="button quiet"
          data-copy={id}
          aria-describedby={`${id}-label`}
          aria-live="polite"
          hidden
        >
          Copy
        </button>
      </div>
    </div>
  );
}
