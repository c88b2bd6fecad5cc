/**
 * The glyph for access: a door latch that is open, ajar or shut. It always stands beside a word, so it is hidden
 * from screen readers.
 */
export type LatchState = 'open' | 'ajar' | 'shut';

const tongues: Readonly<Record<LatchState, string>> = {
  shut: 'M7 10h7v4H7z',
  ajar: 'M6 11.5 12.5 7l2.2 3.2-6.5 4.5z',
  open: 'M5.5 11V4h4v7z',
};

/** A plate with its tongue at the left, and the keep at the right that the tongue reaches when it is shut. */
export function Latch({ state }: { state: LatchState }) {
  return (
    <svg class="glyph" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path d="M2 3h2v14H2zM16 3h2v14h-2v-3h-2v-4h2z" />
      <path d={tongues[state]} />
    </svg>
  );
}

/** A triangle for what needs care. */
export function Warning() {
  return (
    <svg class="glyph" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path d="M10 1.5 19 18H1zM9 7v5h2V7zm0 6.5v2h2v-2z" fill-rule="evenodd" />
    </svg>
  );
}

/** An outlined circle for what nobody has said anything about. */
export function Unknown() {
  return (
    <svg class="glyph" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <circle cx="10" cy="10" r="7.5" fill="none" stroke="currentcolor" stroke-width="2" />
    </svg>
  );
}
