import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { type FilterOption, Filters, Pager } from '../../../shared/ui/filters.js';
import { Foreign, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Empty } from '../../../shared/ui/notices.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';
import { consoleSidebar } from './sidebar.js';

export interface AuditEntry {
  id: string;
  at: Date;
  /** In words: "Key disabled". */
  what: string;
  /** The event's own name: `key.disabled`. */
  event: string;
  /** "You", a person's or an app's name, "Latchkey". */
  by: string;
  /** What it happened to, such as a key's name. */
  subject?: string;
  address?: string;
  requestId?: string;
}

export interface AuditProps extends AppShellPageProps {
  /** "What" and "When", as links. */
  filters: readonly { label: string; options: readonly FilterOption[] }[];
  /** Only what happened to this one thing, with the way back to everything. */
  subject?: { name: string; clearHref: string };
  entries: readonly AuditEntry[];
  newer?: string;
  older?: string;
}

export function auditPage({ filters, subject, entries, newer, older, ...page }: AuditProps): string {
  const rows = entries.map((entry) => ({
    key: entry.id,
    cells: [
      <Timestamp key="at" at={entry.at} now={page.now} style="log" />,
      <span class="name" key="what">
        <span>
          {toVisibleLine(entry.what)}
          {entry.subject ? (
            <>
              : <Foreign text={entry.subject} maximum={60} />
            </>
          ) : null}
        </span>
        <code class="muted">{entry.event}</code>
      </span>,
      <Foreign key="by" text={entry.by} maximum={60} />,
      entry.address ?? '–',
      entry.requestId ? <code class="breakable muted">{entry.requestId}</code> : '–',
    ],
  }));
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.audit}
      title="Audit"
      lead="What was done in your account, by whom and from where. Entries are chained: none can be changed or taken out unnoticed."
    >
      <div class="filter-bar">
        {filters.map((filter) => (
          <Filters key={filter.label} {...filter} />
        ))}
      </div>
      {subject ? (
        <p class="facts-line">
          <span>
            Only{' '}
            <strong>
              <Foreign text={subject.name} maximum={60} />
            </strong>
          </span>
          <a href={subject.clearHref}>Show everything</a>
        </p>
      ) : null}
      {entries.length > 0 ? (
        <Table
          caption="Audit entries, newest first"
          columns={['When (UTC)', 'What', 'Who', 'From', 'Request']}
          rows={rows}
        />
      ) : (
        <Empty title="Nothing here for this choice">
          <p>Every sign-in, key, app and consent leaves an entry. Choose a longer time, or everything.</p>
        </Empty>
      )}
      <Pager newer={newer} older={older} />
    </AppShell>,
  );
}
