/**
 * A keyhole whose slot ends slanted, as the tongue of a door latch does: two shapes, one colour. The favicon,
 * `mark.svg`, has the same two.
 */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <circle cx="12" cy="7" r="6" />
      <path d="M9.3 11h5.4l1.3 7.5L8 23z" />
    </svg>
  );
}
