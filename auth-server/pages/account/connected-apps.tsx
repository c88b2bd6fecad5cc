import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Foreign, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { ActionButton } from '../../../shared/ui/form.js';
import { Empty } from '../../../shared/ui/notices.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { findInitial } from '../parts/app-identity.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface Connection {
  /** Of the remembered consent. */
  id: string;
  appName: string;
  /** null for an unverified app. */
  verifiedHost: string | null;
  scopes: readonly { name: string; sentence: string }[];
  grantedAt: Date;
  lastUsedAt: Date | null;
  /** null: until revoked. */
  endsAt: Date | null;
}

export interface ConnectedAppsProps extends AppShellPageProps {
  connections: readonly Connection[];
}

function ConnectionItem({ connection, csrf, now }: { connection: Connection; csrf: string; now: Date }) {
  const { appName, verifiedHost, scopes, grantedAt, lastUsedAt, endsAt } = connection;
  return (
    <li class="connection">
      <span class="tile" aria-hidden="true">
        {findInitial(appName)}
      </span>
      <div>
        <h2>
          <Foreign text={appName} maximum={60} />
        </h2>
        <p class="muted">
          {verifiedHost ? `verified: run by ${toVisibleLine(verifiedHost, 253)}` : 'unverified'}
        </p>
        <ul class="may">
          {scopes.map((scope) => (
            <li key={scope.name}>
              {scope.sentence} <code class="muted">{scope.name}</code>
            </li>
          ))}
        </ul>
        <p class="facts-line muted">
          <span>
            allowed <Timestamp at={grantedAt} now={now} />
          </span>
          <span>
            {lastUsedAt ? (
              <>
                last used <Timestamp at={lastUsedAt} now={now} />
              </>
            ) : (
              'not used yet'
            )}
          </span>
          <span>
            {endsAt ? (
              <>
                ends <Timestamp at={endsAt} now={now} />
              </>
            ) : (
              'until you revoke it'
            )}
          </span>
        </p>
      </div>
      <ActionButton
        action={paths.revokeConnection(connection.id)}
        csrf={csrf}
        look="danger"
        label={`Revoke ${toVisibleLine(appName, 60)}`}
      >
        Revoke
      </ActionButton>
    </li>
  );
}

export function connectedAppsPage({ connections, ...page }: ConnectedAppsProps): string {
  return renderPage(
    <AppShell
      {...page}
      sidebar={accountSidebar}
      current={paths.account}
      title="Connected apps"
      lead="What you allowed, and to whom. Revoking takes effect at once: the app's next call fails."
    >
      {connections.length > 0 ? (
        <ul class="plain">
          {connections.map((connection) => (
            <ConnectionItem key={connection.id} connection={connection} csrf={page.csrf} now={page.now} />
          ))}
        </ul>
      ) : (
        <Empty title="No app is connected">
          <p>
            When an app asks and you allow it, it appears here with what it may do and a button to end it.
          </p>
        </Empty>
      )}
    </AppShell>,
  );
}
