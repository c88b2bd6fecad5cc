/** The one page that ever shows a key or a client's secret. */

import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Foreign } from '../../../shared/ui/foreign-text.js';
import { Callout } from '../../../shared/ui/notices.js';
import { Copyable } from '../../../shared/ui/shown-once.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';
import { consoleSidebar } from './sidebar.js';

export interface KeyShownProps extends AppShellPageProps {
  name: string;
  key: string;
  /** A command that works when pasted, with the key in it. */
  curl: string;
  /** After a roll: until when the old key works, or the moment at which it ended. */
  oldKeyEndsAt?: Date;
}

export function keyShownPage({ name, key, curl, oldKeyEndsAt, ...page }: KeyShownProps): string {
  return renderPage(
    <AppShell {...page} sidebar={consoleSidebar} current={paths.keys} title="Your new key">
      <div class="shown-once">
        <p>
          <strong>
            <Foreign text={name} maximum={60} />
          </strong>{' '}
          is ready. Copy it now, into a secret store or an environment variable.
        </p>
        <Copyable id="secret" label="The key" text={key} />
        <p class="muted">We keep only a fingerprint of it. You will not see it again.</p>
        {oldKeyEndsAt ? (
          <Callout kind="care">
            {oldKeyEndsAt > page.now ? (
              <>
                The old key goes on working; it ends <Timestamp at={oldKeyEndsAt} now={page.now} />.
              </>
            ) : (
              'The old key no longer works.'
            )}
          </Callout>
        ) : null}
        <Copyable id="curl" label="Try it" text={curl} block />
        <p class="actions">
          <a class="button primary" href={paths.keys}>
            I have copied it
          </a>
        </p>
      </div>
    </AppShell>,
  );
}

export interface AppSecretShownProps extends AppShellPageProps {
  /** The id is the client id. */
  app: { id: string; name: string };
  /** Undefined for a public app, which has none. */
  clientSecret?: string;
  /** Where the app sends people, ready to open, with its client id and redirect URI in it. */
  authorizeUrl: string;
}

export function appSecretShownPage(props: AppSecretShownProps): string {
  const { app, clientSecret, authorizeUrl, ...page } = props;
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.apps}
      title={clientSecret ? 'Your app and its secret' : 'Your app'}
    >
      <div class="shown-once">
        <p>
          <strong>
            <Foreign text={app.name} maximum={60} />
          </strong>{' '}
          can ask people for consent now.
        </p>
        <Copyable id="client-id" label="Client id" text={app.id} />
        {clientSecret ? (
          <>
            <Copyable id="secret" label="Client secret" text={clientSecret} />
            <p class="muted">We keep only a fingerprint of the secret. You will not see it again.</p>
          </>
        ) : (
          <p class="muted">
            A public app has no secret. It proves itself with PKCE (S256) on each authorization.
          </p>
        )}
        <Copyable id="authorize-url" label="Send people here" text={authorizeUrl} block />
        <p class="actions">
          <a class="button primary" href={paths.app(app.id)}>
            {clientSecret ? 'I have copied it' : 'To the app'}
          </a>
        </p>
      </div>
    </AppShell>,
  );
}
