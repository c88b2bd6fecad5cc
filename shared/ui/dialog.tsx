/** A sheet over the page, opened and closed by the browser itself (`popover`): Escape and a click beside it close
 * it, the focus comes back, and no script is involved. */
import type { ComponentChildren } from 'preact';

interface DialogProps {
  id: string;
  /** On the button: "Manage". */
  button: string;
  /** Read out with the button and shown as the sheet's heading. */
  title: ComponentChildren;
  children: ComponentChildren;
}

export function Dialog({ id, button, title, children }: DialogProps) {
  return (
    <>
      <button type="button" class="button quiet small" popovertarget={id} aria-describedby={`${id}-title`}>
        {button}
      </button>
      <div popover="auto" id={id} class="sheet" role="dialog" aria-labelledby={`${id}-title`}>
        <div class="sheet-head">
          <h2 id={`${id}-title`}>{title}</h2>
          <button type="button" class="button quiet small" popovertarget={id} popovertargetaction="hide">
            Close
          </button>
        </div>
        {children}
      </div>
    </>
  );
}
