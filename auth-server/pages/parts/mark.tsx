/** A keyhole whose slot is a door latch: two shapes, one colour. The favicon, `mark.svg`, has the same two. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <circle cx="9" cy="7.5" r="6" />
      <path d="M7 12h4l1.1 4.5H19l3.5 5H4.6z" />
    </svg>
  );
}
