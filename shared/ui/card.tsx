/** One decision on one card: sign-in, consent and their family. The mark above, small print below, no way out that
 * would lose what the person was doing. */
import type { ComponentChildren } from 'preact';
import { Document, type PageProps } from './document.js';
import { Mark } from './mark.js';
import { Notices } from './notices.js';

interface CardProps extends Pick<PageProps, 'notice' | 'error' | 'supportEmail'> {
  /** Of the window, and the heading unless `heading` is given. */
  title: string;
  heading?: ComponentChildren;
  lead?: ComponentChildren;
  children: ComponentChildren;
  /** Under the card: the other way ("New here? Create an account"). */
  aside?: ComponentChildren;
}

export function Card({ title, heading, lead, notice, error, supportEmail, children, aside }: CardProps) {
  return (
    <Document title={error ? `Not yet: ${title}` : title} kind="card">
      <header class="brand">
        <Mark />
        <span>Latchkey</span>
      </header>
      <main id="main" tabindex={-1}>
        <h1>{heading ?? title}</h1>
        {lead ? <p class="lead">{lead}</p> : null}
        <Notices notice={notice} error={error} />
        {children}
      </main>
      {aside ? (
        <aside class="aside" aria-label="Other ways">
          {aside}
        </aside>
      ) : null}
      <footer class="small-print">
        <p>The agent holds a key, the human holds the latch.</p>
        {supportEmail ? (
          <p>
            Questions? <a href={`mailto:${supportEmail}`}>{supportEmail}</a>
          </p>
        ) : null}
      </footer>
    </Document>
  );
}
