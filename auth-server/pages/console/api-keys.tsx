import { renderPage } from '../document.js';
import { Desk, type DeskPageProps } from '../parts/desk.js';
import { Filters } from '../parts/filters.js';
import { Foreign } from '../parts/foreign-text.js';
import { Moment } from '../parts/moment.js';
import { Empty } from '../parts/notices.js';
import { type LifeState, State, Tag } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { paths, withQuery } from '../paths.js';
import { ManageKey } from './manage-key.js';
import type { ConsoleProduct } from './products.js';
import { consoleRail } from './rail.js';

export interface ListedKey {
  id: string;
  name: string;
  productTitle: string;
  environment: 'test' | 'live' | null;
  /** As in the key itself, such as `hp_live_`. */
  prefix: string;
  lastFour: string;
  state: LifeState;
  createdAt: Date;
  lastUsedAt?: Date;
  expiresAt?: Date;
  /** Until when the old key of a roll works, in state `rolling`. */
  graceEndsAt?: Date;
}

export interface ApiKeysProps extends DeskPageProps {
  products: readonly ConsoleProduct[];
  /** Id of the product that is filtered for. */
  product?: string;
  keys: readonly ListedKey[];
}

function Expiry({ listed, now }: { listed: ListedKey; now: Date }) {
  const at = listed.graceEndsAt ?? listed.expiresAt;
  return at ? <Moment at={at} now={now} /> : <span class="muted">never</span>;
}

export function ApiKeys({ products, product, keys, ...page }: ApiKeysProps) {
  const { now, csrf } = page;
  const rows = keys.map((listed) => ({
    key: listed.id,
    cells: [
      <span class="name" key="name">
        <Foreign text={listed.name} maximum={60} />
        <span class="muted">{listed.productTitle}</span>
      </span>,
      <code key="key" class="nowrap">
        {listed.prefix}…{listed.lastFour}
      </code>,
      listed.environment ? (
        <Tag tone={listed.environment === 'live' ? 'go' : 'muted'}>{listed.environment}</Tag>
      ) : (
        '–'
      ),
      <State key="state" state={listed.state} />,
      listed.lastUsedAt ? <Moment at={listed.lastUsedAt} now={now} /> : <span class="muted">never</span>,
      <Expiry key="expiry" listed={listed} now={now} />,
      listed.state === 'revoked' ? '' : <ManageKey key="manage" listed={listed} csrf={csrf} />,
    ],
  }));
  return (
    <Desk
      {...page}
      rail={consoleRail}
      current={paths.keys}
      title="API Keys"
      lead="An agent's way in. Give each place that calls us a key of its own: then you can end one without touching the others."
      action={
        <a class="button primary" href={withQuery(paths.newKey, { product })}>
          Create New API Key
        </a>
      }
    >
      <Filters
        label="Product"
        options={[
          { label: 'All', href: paths.keys, current: !product },
          ...products.map(({ id, title }) => ({
            label: title,
            href: withQuery(paths.keys, { product: id }),
            current: id === product,
          })),
        ]}
      />
      {keys.length > 0 ? (
        <Table
          caption="API keys"
          columns={['Name', 'Key', 'Environment', 'State', 'Last used', 'Expires', 'Actions']}
          rows={rows}
        />
      ) : (
        <Empty title="No keys here yet">
          <p>
            A key appears here with its state, its last use and its expiry. The key itself is shown once, when
            you make it.
          </p>
        </Empty>
      )}
    </Desk>
  );
}

export const apiKeysPage = (props: ApiKeysProps): string => renderPage(<ApiKeys {...props} />);
