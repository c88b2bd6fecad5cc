import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { Bars, type HourCount } from '../../../shared/ui/bars.js';
import { renderPage } from '../../../shared/ui/document.js';
import { type FilterOption, Filters } from '../../../shared/ui/filters.js';
import { Foreign, toVisibleLine } from '../../../shared/ui/foreign-text.js';
import { Empty } from '../../../shared/ui/notices.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import { paths } from '../paths.js';
import { consoleSidebar } from './sidebar.js';

export interface KeyUsage {
  id: string;
  name: string;
  prefix: string;
  lastFour: string;
  productName: string;
  /** Every hour of the period, oldest first, quiet ones too. */
  hours: readonly HourCount[];
}

export interface UsageProps extends AppShellPageProps {
  /** "When" and "Product", as links. */
  filters: readonly { label: string; options: readonly FilterOption[] }[];
  /** "the last 24 hours" */
  period: string;
  keys: readonly KeyUsage[];
}

const figure = new Intl.NumberFormat('en-GB');

function sum(hours: readonly HourCount[], member: 'calls' | 'refused' | 'failed'): number {
  return hours.reduce((total, hour) => total + hour[member], 0);
}

function KeyHours({
  usage,
  peak,
  period,
  now,
}: {
  usage: KeyUsage;
  peak: number;
  period: string;
  now: Date;
}) {
  const calls = sum(usage.hours, 'calls');
  const refused = sum(usage.hours, 'refused');
  const failed = sum(usage.hours, 'failed');
  const words = `${figure.format(calls)} calls in ${period}, ${figure.format(refused)} client errors, ${figure.format(failed)} server errors`;
  const first = usage.hours[0];
  const busy = usage.hours.filter((hour) => hour.calls > 0).reverse();
  return (
    <section class="usage">
      <h2>
        <Foreign text={usage.name} maximum={60} />
      </h2>
      <p class="muted">
        {usage.productName} ·{' '}
        <code>
          {usage.prefix}…{usage.lastFour}
        </code>
      </p>
      <p class="figures">
        <span class="answered-figure">
          <strong>{figure.format(calls - refused - failed)}</strong> succeeded
        </span>
        <span>
          <strong>{figure.format(refused)}</strong> client errors (4xx)
        </span>
        <span class="failed-figure">
          <strong>{figure.format(failed)}</strong> server errors (5xx)
        </span>
      </p>
      <Bars hours={usage.hours} label={`${toVisibleLine(usage.name, 60)}: ${words}`} peak={peak} />
      <p class="axis muted">
        {first ? <Timestamp at={first.at} now={now} /> : null}
        <span>now</span>
      </p>
      {busy.length > 0 ? (
        <details>
          <summary>By the hour</summary>
          <Table
            caption={`Calls by the hour: ${words}`}
            columns={['Hour (UTC)', 'Calls', 'Client errors', 'Server errors']}
            figures={[1, 2, 3]}
            rows={busy.map((hour) => ({
              key: hour.at.toISOString(),
              cells: [
                <Timestamp key="at" at={hour.at} now={now} style="log" />,
                figure.format(hour.calls),
                figure.format(hour.refused),
                figure.format(hour.failed),
              ],
            }))}
          />
        </details>
      ) : null}
    </section>
  );
}

export function usagePage({ filters, period, keys, ...page }: UsageProps): string {
  const peak = Math.max(0, ...keys.flatMap((usage) => usage.hours.map((hour) => hour.calls)));
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.usage}
      title="Usage"
      lead="Calls by the hour, up to a minute behind. All bars share one scale, so that keys can be compared."
    >
      <div class="filter-bar">
        {filters.map((filter) => (
          <Filters key={filter.label} {...filter} />
        ))}
      </div>
      {keys.length > 0 ? (
        keys.map((usage) => (
          <KeyHours key={usage.id} usage={usage} peak={peak} period={period} now={page.now} />
        ))
      ) : (
        <Empty title={`No calls in ${period}`}>
          <p>
            Each key that is called appears here. You find a command to try in{' '}
            <a href={paths.keys}>API Keys</a>, when you make one.
          </p>
        </Empty>
      )}
    </AppShell>,
  );
}
