import { describeDevice } from '../../../shared/http/device.js';
import { renderPage } from '../document.js';
import { Desk, type DeskPageProps } from '../parts/desk.js';
import { ActionButton } from '../parts/form.js';
import { Moment } from '../parts/moment.js';
import { Tag } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { paths } from '../paths.js';
import { accountRail } from './rail.js';

export interface ListedSession {
  id: string;
  userAgent: string | null;
  address: string | null;
  signedInAt: Date;
  lastSeenAt: Date;
  /** The one that asks. */
  isThis: boolean;
}

export interface SessionsProps extends DeskPageProps {
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
      <Moment key="in" at={session.signedInAt} now={now} />,
      <Moment key="seen" at={session.lastSeenAt} now={now} />,
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
    <Desk
      {...page}
      rail={accountRail}
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
    </Desk>,
  );
}
