/**
 * What every page has in common: the document around it and the props that each page function takes. A page is a
 * pure function from props to a string of HTML; it knows no database and no HTTP.
 */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { assetUrl } from './assets.js';
import { toVisibleLine } from './foreign-text.js';

/** Common to all pages; the router fills it once per request. */
export interface PageProps {
  /** Goes into the hidden field `csrf` of every form. */
  csrf: string;
  /** From the clock, so that "3 minutes ago" is true in tests too. */
  now: Date;
  /** What just happened, in a sentence: "Maria's key was disabled. Calls with it fail from now on." */
  notice?: string;
  /** What went wrong, where no single field is to blame. */
  error?: string;
  /** Shown in footers and on error pages. */
  supportEmail?: string;
}

interface DocumentProps {
  title: string;
  kind: 'card' | 'desk';
  children: ComponentChildren;
}

export function Document({ title, kind, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{`${toVisibleLine(title)} · Latchkey`}</title>
        <link rel="stylesheet" href={assetUrl('latchkey.css')} />
        <link rel="icon" type="image/svg+xml" href={assetUrl('mark.svg')} />
        <script src={assetUrl('latchkey.js')} defer />
      </head>
      <body class={kind}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {children}
      </body>
    </html>
  );
}

export function renderPage(page: VNode): string {
  return `<!doctype html>${renderToString(page)}`;
}
