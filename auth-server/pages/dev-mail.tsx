/** Development only: the mails that were not sent, newest first. */
import { Document, type PageProps, renderPage } from '../../shared/ui/document.js';
import { makeVisible, toVisibleLine } from '../../shared/ui/foreign-text.js';
import { Mark } from '../../shared/ui/mark.js';
import { Empty } from '../../shared/ui/notices.js';
import { Timestamp } from '../../shared/ui/timestamp.js';
import { paths } from './paths.js';

export interface DevMail {
  id: string;
  to: string;
  subject: string;
  text: string;
  links: readonly string[];
  code: string | null;
  at: Date;
}

export interface DevMailProps extends Pick<PageProps, 'now'> {
  mails: readonly DevMail[];
}

function isWebLink(link: string): boolean {
  return /^https?:\/\//i.test(link);
}

export function devMailPage({ mails, now }: DevMailProps): string {
  return renderPage(
    <Document title="Development mail" kind="card">
      <header class="brand">
        <Mark />
        <a href={paths.home}>Latchkey</a>
      </header>
      <main id="main" tabindex={-1} class="wide">
        <h1>Development mail</h1>
        <p class="lead">
          No mail server is set (SMTP_URL), so nothing leaves. What would have gone out stands here.
        </p>
        {mails.length > 0 ? (
          <ul class="plain mails">
            {mails.map((mail) => (
              <li key={mail.id}>
                <h2>{toVisibleLine(mail.subject, 200)}</h2>
                <p class="facts-line muted">
                  <span>
                    to <span class="breakable">{toVisibleLine(mail.to, 254)}</span>
                  </span>
                  <Timestamp at={mail.at} now={now} />
                </p>
                {mail.code ? (
                  <p>
                    Code: <strong class="mono">{mail.code}</strong>
                  </p>
                ) : null}
                {mail.links.filter(isWebLink).map((link) => (
                  <p key={link}>
                    <a class="breakable" href={link}>
                      {toVisibleLine(link, 200)}
                    </a>
                  </p>
                ))}
                <details>
                  <summary>The mail's text</summary>
                  <div class="mail-text">{makeVisible(mail.text)}</div>
                </details>
              </li>
            ))}
          </ul>
        ) : (
          <Empty title="No mail yet">
            <p>Sign up or ask for a new password, and the mail appears here.</p>
          </Empty>
        )}
      </main>
    </Document>,
  );
}
