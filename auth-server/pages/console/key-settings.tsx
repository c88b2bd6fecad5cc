import { AppShell } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import type { FieldErrors } from '../../../shared/ui/label.js';
import { Empty } from '../../../shared/ui/notices.js';
import { State } from '../../../shared/ui/state.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import type { SignedInPageProps } from '../parts/once.js';
import { paths, withQuery } from '../paths.js';
import { type KeyFieldFacts, KeyFields, type KeyValues } from './key-fields.js';
import type { ListedKey } from './listed-key.js';
import { ManageKey } from './manage-key.js';
import { consoleSidebar } from './sidebar.js';

export interface KeyCall {
  at: Date;
  method: string;
  path: string;
  status: number;
  /** Truncated as it is kept: a /24 or /48. */
  address: string;
}

export interface KeySettingsProps extends SignedInPageProps {
  listed: ListedKey;
  facts: KeyFieldFacts;
  values: KeyValues;
  errors?: FieldErrors;
  calls: readonly KeyCall[];
}

export function keySettingsPage({
  listed,
  facts: definition,
  values,
  errors,
  calls,
  ...page
}: KeySettingsProps): string {
  const { csrf, now } = page;
  const rows = calls.map((call, index) => ({
    key: `${index}`,
    cells: [
      <Timestamp key="at" at={call.at} now={now} style="log" />,
      <code key="call" class="breakable">
        {toVisibleLine(`${call.method} ${call.path}`, 300)}
      </code>,
      `${call.status}`,
      call.address,
    ],
  }));
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.keys}
      title={listed.name}
      action={
        listed.state === 'revoked' ? undefined : <ManageKey listed={listed} csrf={csrf} once={page.once} />
      }
    >
      <p class="facts-line">
        <State state={listed.state} />
        <code>
          {listed.prefix}…{listed.lastFour}
        </code>
        <span>{listed.productName}</span>
        <span>
          made <Timestamp at={listed.createdAt} now={now} />
        </span>
        <a href={withQuery(paths.audit, { subject: listed.id })}>Its audit trail</a>
      </p>
      {listed.state === 'revoked' ? null : (
        <section>
          <h2>Settings</h2>
          <Form action={paths.key(listed.id)} csrf={csrf} class="sheet-form">
            <KeyFields facts={definition} values={values} errors={errors} isNew={false} />
            <div class="actions">
              <SubmitButton>Save</SubmitButton>
              <a href={paths.keys}>Cancel</a>
            </div>
          </Form>
        </section>
      )}
      <section>
        <h2>Last calls</h2>
        {calls.length > 0 ? (
          <Table
            caption="Last calls"
            columns={['When (UTC)', 'Call', 'Answer', 'From']}
            figures={[2]}
            rows={rows}
          />
        ) : (
          <Empty title="No calls yet">
            <p>
              Each call with this key appears here within a minute, with its answer and where it came from.
            </p>
          </Empty>
        )}
      </section>
    </AppShell>,
  );
}
