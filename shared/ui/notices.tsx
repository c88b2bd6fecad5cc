import type { ComponentChildren } from 'preact';
import { makeVisible } from './foreign-text.js';

/** What just happened (`role=status`) and what went wrong (`role=alert`), at the top of a page's content. */
export function Notices({ notice, error }: { notice?: string; error?: string }) {
  return (
    <>
      {notice ? (
        <p class="notice done" role="status">
          {makeVisible(notice)}
        </p>
      ) : null}
      {error ? (
        <p class="notice wrong" role="alert">
          {makeVisible(error)}
        </p>
      ) : null}
    </>
  );
}

/** Something to know before acting. `care` for a warning, `danger` for what cannot be undone. */
export function Callout({
  kind = 'plain',
  children,
}: {
  kind?: 'plain' | 'care' | 'danger';
  children: ComponentChildren;
}) {
  return <div class={`notice ${kind}`}>{children}</div>;
}

/** An empty list: what would be here, and the way to fill it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
