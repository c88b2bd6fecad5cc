/** Errors say what is wrong, what still stands, and what to do. Internal text never comes here: callers pass words. */

import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { makeVisible } from '../../shared/ui/foreign-text.js';
import { paths } from './paths.js';

export interface ErrorPageProps extends Pick<PageProps, 'supportEmail'> {
  title: string;
  /** What is wrong, in a sentence. */
  problem: string;
  /** What is unharmed: "Nothing was shared", "Your answer was saved". */
  stillStands?: string;
  /** What the reader can do now. */
  whatToDo?: string;
  requestId?: string;
  /** A way out: an own path, or an address that the label names. */
  link?: { href: string; label: string };
}

export function errorPage(props: ErrorPageProps): string {
  const { title, problem, stillStands, whatToDo, requestId, link, supportEmail } = props;
  return renderPage(
    <Card title={title} supportEmail={supportEmail}>
      <p>{makeVisible(problem)}</p>
      {stillStands ? <p>{makeVisible(stillStands)}</p> : null}
      {whatToDo ? <p>{makeVisible(whatToDo)}</p> : null}
      {link ? (
        <p class="actions">
          <a class="button quiet" href={link.href}>
            {link.label}
          </a>
        </p>
      ) : null}
      {requestId ? (
        <p class="muted small">
          If you ask us about it, name this request: <code>{requestId}</code>
        </p>
      ) : null}
    </Card>,
  );
}

export function methodNotAllowedPage(props: Pick<ErrorPageProps, 'requestId' | 'supportEmail'>): string {
  return errorPage({
    ...props,
    title: 'This page cannot be called that way',
    problem: 'The request used a method that this page does not take.',
    link: { href: paths.home, label: 'To the start' },
  });
}

export function notFoundPage(props: Pick<ErrorPageProps, 'requestId' | 'supportEmail'>): string {
  return errorPage({
    ...props,
    title: 'There is no such page',
    problem: 'The address leads nowhere here. It may be mistyped, or what it showed is gone.',
    link: { href: paths.home, label: 'To the start' },
  });
}
