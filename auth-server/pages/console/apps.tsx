import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Foreign } from '../../../shared/ui/foreign-text.js';
import { Empty } from '../../../shared/ui/notices.js';
import { State } from '../../../shared/ui/state.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';
import { consoleSidebar } from './sidebar.js';

export interface ListedApp {
  /** The client id. */
  id: string;
  name: string;
  productName: string;
  /** A public app (in a browser or on a device) has no secret. */
  isPublic: boolean;
  state: 'active' | 'disabled';
  createdAt: Date;
  /** People with a live grant for it. */
  people: number;
}

export interface AppsProps extends AppShellPageProps {
  apps: readonly ListedApp[];
}

export function appsPage({ apps, ...page }: AppsProps): string {
  const rows = apps.map((app) => ({
    key: app.id,
    cells: [
      <span class="name" key="name">
        <a href={paths.app(app.id)}>
          <Foreign text={app.name} maximum={60} />
        </a>
        <span class="muted">
          {app.productName}, {app.isPublic ? 'public' : 'confidential'}
        </span>
      </span>,
      <code key="id" class="breakable">
        {app.id}
      </code>,
      <State key="state" state={app.state} />,
      `${app.people}`,
      <Timestamp key="made" at={app.createdAt} now={page.now} />,
    ],
  }));
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.apps}
      title="Apps"
      lead="An app asks people for consent and acts for them. It is an OAuth 2.0 client."
      action={
        <a class="button primary" href={paths.newApp}>
          Register an app
        </a>
      }
    >
      {apps.length > 0 ? (
        <Table
          caption="Apps"
          columns={['Name', 'Client id', 'State', 'People', 'Registered']}
          figures={[3]}
          rows={rows}
        />
      ) : (
        <Empty title="No apps yet">
          <p>
            Register one to get its client id and secret, and the address to which it sends people for
            consent.
          </p>
        </Empty>
      )}
    </AppShell>,
  );
}
