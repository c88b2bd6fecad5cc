import { describeDevice } from '../../../shared/http/device.js';
import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { ActionButton } from '../../../shared/ui/form.js';
import { Tag } from '../../../shared/ui/state.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';
import { accountSidebar } from './sidebar.js';

export interface ListedSession {
  id: string;
  userAgent: string | null;
  address: string | null;
  signedInAt: Date;
  lastSeenAt: Date;
  /** The one that asks. */
  isThis: boolean;
}

export interface SessionsProps extends AppShellPageProps {
  sessions: readonly ListedSession[];
}

export function sessionsPage({ sessions, ...page }: SessionsProps): string {
  const { csrf, now } = page;
  const rows = sessions.map((session) => ({
    key: session.id,
    cells: [
      <span class="name" key="device">
        {describeDevice(session.userAgent)}
        {session.isThis ? <Tag tone="go">this device</Tag> : null}
      </span>,
      session.address ?? '–',
      <Timestamp key="in" at={session.signedInAt} now={now} />,
      <Timestamp key="seen" at={session.lastSeenAt} now={now} />,
      session.isThis ? (
        ''
      ) : (
        <ActionButton
          action={paths.endSession(session.id)}
          csrf={csrf}
          label={`End the sign-in on ${describeDevice(session.userAgent)}`}
        >
          End
        </ActionButton>
      ),
    ],
  }));
  return renderPage(
    <AppShell
      {...page}
      sidebar={accountSidebar}
      current={paths.sessions}
      title="Sign-ins"
      lead="Where you are signed in. If you do not know one, end it and change your password."
      action={
        sessions.length > 1 ? (
          <ActionButton action={paths.endOtherSessions} csrf={csrf}>
            End all others
          </ActionButton>
        ) : undefined
      }
    >
      <Table
        acts
        caption="Sign-ins"
        columns={['Device', 'Address', 'Signed in', 'Last seen', 'Actions']}
        rows={rows}
      />
    </AppShell>,
  );
}
