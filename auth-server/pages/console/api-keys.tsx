import { AppShell } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { Filters } from '../../../shared/ui/filters.js';
import { Foreign } from '../../../shared/ui/foreign-text.js';
import { Form, SubmitButton } from '../../../shared/ui/form.js';
import { Callout, Empty } from '../../../shared/ui/notices.js';
import { State, Tag } from '../../../shared/ui/state.js';
import { Table } from '../../../shared/ui/table.js';
import { Timestamp } from '../../../shared/ui/timestamp.js';
import type { SignedInPageProps } from '../parts/once.js';
import { paths, withQuery } from '../paths.js';
import type { ListedKey } from './listed-key.js';
import { ManageKey } from './manage-key.js';
import type { ConsoleProduct } from './products.js';
import { consoleSidebar } from './sidebar.js';

export interface ApiKeysProps extends SignedInPageProps {
  products: readonly ConsoleProduct[];
  /** Products whose keys are not made here, but by their agents over the API. */
  agentProducts?: readonly ConsoleProduct[];
  /** Id of the product that is filtered for. */
  product?: string;
  keys: readonly ListedKey[];
  /** Agents that were registered with the person's email and that they have not claimed. */
  unclaimedAgents?: readonly { id: string; name: string }[];
}

function Known({ at, now }: { at: Date | null; now: Date }) {
  return at ? <Timestamp at={at} now={now} /> : <span class="muted">never</span>;
}

export function apiKeysPage({
  products,
  agentProducts = [],
  product,
  keys,
  unclaimedAgents = [],
  ...page
}: ApiKeysProps): string {
  const { now, csrf } = page;
  const rows = keys.map((listed) => ({
    key: listed.id,
    cells: [
      <span class="name" key="name">
        <Foreign text={listed.name} maximum={60} />
        <span class="muted">{listed.productName}</span>
      </span>,
      <span class="key" key="key">
        <code class="nowrap">
          {listed.prefix}…{listed.lastFour}
        </code>
        <Tag tone={listed.environment === 'live' ? 'go' : 'muted'}>{listed.environment}</Tag>
      </span>,
      <State key="state" state={listed.state} />,
      <Known key="used" at={listed.lastUsedAt} now={now} />,
      <Known key="expiry" at={listed.expiresAt} now={now} />,
      listed.state === 'revoked' ? (
        ''
      ) : (
        <ManageKey key="manage" listed={listed} csrf={csrf} once={page.once} />
      ),
    ],
  }));
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.keys}
      title="API Keys"
      lead="An agent's way in. Give each place that calls us a key of its own: then you can end one without touching the others."
      action={
        <a class="button primary" href={withQuery(paths.newKey, { product })}>
          Create New API Key
        </a>
      }
    >
      {unclaimedAgents.map(({ id, name }) => (
        <Callout key={id} kind="care">
          <p>
            <strong>Unclaimed:</strong> somebody registered the agent <Foreign text={name} maximum={60} />{' '}
            with your address. Its callback URLs are off until you claim it. Claiming it gives you a new key
            and ends the old key, its callback URLs and its webhook endpoints.
          </p>
          <Form action={paths.claimAgent} csrf={csrf} hidden={{ agent: id }}>
            <SubmitButton>Mail me the link to claim it</SubmitButton>
          </Form>
        </Callout>
      ))}
      <Filters
        label="Product"
        options={[
          { label: 'All', href: paths.keys, current: !product },
          ...products.map(({ id, name }) => ({
            label: name,
            href: withQuery(paths.keys, { product: id }),
            current: id === product,
          })),
        ]}
      />
      {keys.length > 0 ? (
        <Table
          acts
          caption="API keys"
          columns={['Name', 'Key', 'State', 'Last used', 'Expires', 'Actions']}
          rows={rows}
        />
      ) : (
        <Empty title="No keys here yet">
          <p>
            A key appears here with its state, its last use and its expiry. The key itself is shown once, when
            you make it.
          </p>
          <p>
            <a class="button primary" href={withQuery(paths.newKey, { product })}>
              Create New API Key
            </a>
          </p>
        </Empty>
      )}
      {agentProducts.length > 0 ? (
        <p class="muted small">
          Agents of {agentProducts.map(({ name }) => name).join(' and ')} register over the API and get their
          keys there; those are not listed here.
        </p>
      ) : null}
    </AppShell>,
  );
}
