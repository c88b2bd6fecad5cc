import { apiKeysPage } from '../console/api-keys.js';
import { appDetailsPage } from '../console/app-details.js';
import { appsPage } from '../console/apps.js';
import { auditPage } from '../console/audit.js';
import type { KeyFieldFacts } from '../console/key-fields.js';
import { keySettingsPage } from '../console/key-settings.js';
import type { ListedKey } from '../console/listed-key.js';
import { newAppPage } from '../console/new-app.js';
import { newKeyPage } from '../console/new-key.js';
import { plansPage } from '../console/plans.js';
import { appSecretShownPage, keyShownPage } from '../console/secret-shown.js';
import { usagePage } from '../console/usage.js';
import { common, desk, type Say } from './sample-props.js';

const workbench = { id: 'workbench', name: 'Workbench' };
const products = [workbench, { id: 'panel', name: 'Panel' }, { id: 'relay', name: 'Relay' }];

function ago(hours: number): Date {
  return new Date(common.now.getTime() - hours * 3_600_000);
}

function makeKeys(say: Say): ListedKey[] {
  const base = { productName: 'Workbench', createdAt: ago(2000), lastUsedAt: null, expiresAt: null } as const;
  return [
    {
      ...base,
      id: 'k1',
      name: say('Production, eu-west'),
      environment: 'live',
      prefix: 'wb_live_',
      lastFour: 'x7Kq',
      state: 'active',
      lastUsedAt: ago(0.05),
    },
    {
      ...base,
      id: 'k2',
      name: say('CI pipeline'),
      environment: 'test',
      prefix: 'wb_test_',
      lastFour: '9pLs',
      state: 'rolling',
      lastUsedAt: ago(3),
      expiresAt: ago(-20),
    },
    {
      ...base,
      id: 'k3',
      name: say('Notebook'),
      environment: 'test',
      prefix: 'wb_test_',
      lastFour: 'Qm21',
      state: 'disabled',
    },
    {
      ...base,
      id: 'k4',
      name: say('Old worker'),
      environment: 'live',
      prefix: 'wb_live_',
      lastFour: '0aZe',
      state: 'expired',
      expiresAt: ago(240),
    },
    {
      ...base,
      id: 'k5',
      name: say('Leaked on a forum'),
      environment: 'live',
      prefix: 'wb_live_',
      lastFour: 'Tt5R',
      state: 'revoked',
      lastUsedAt: ago(900),
    },
  ];
}

const definition: KeyFieldFacts = {
  environments: ['test', 'live'],
  permissions: [
    { name: 'loops:read', sentence: 'Read loops and who is in them.' },
    { name: 'loops:write', sentence: 'Make and change loops.' },
    { name: 'requests:read' },
  ],
};

function renderKeys(say: Say): Record<string, string> {
  const page = desk(say);
  const [listed] = makeKeys(say);
  if (!listed) return {};
  return {
    'api-keys': apiKeysPage({
      ...page,
      products,
      keys: makeKeys(say),
      notice: 'Notebook is disabled. Calls with it fail until you enable it again.',
    }),
    'api-keys-empty': apiKeysPage({ ...page, products, product: 'panel', keys: [] }),
    'new-key': newKeyPage({ ...page, products, product: workbench, facts: definition }),
    'new-key-wrong': newKeyPage({
      ...page,
      products,
      product: workbench,
      facts: { ...definition, permissions: [], allowlistBlocked: 'It comes with the Enterprise plan.' },
      values: { name: say(''), environment: 'live', expiresOn: '2026-11-01' },
      errors: { name: 'The key needs a name.', expires_on: 'This day is over.' },
    }),
    'key-settings': keySettingsPage({
      ...page,
      listed,
      facts: definition,
      values: {
        name: listed.name,
        permissions: ['loops:read'],
        allowIp: say('203.0.113.0/24'),
        rotateEveryDays: 90,
        leakPolicy: 'roll',
      },
      calls: [
        {
          at: ago(0.05),
          method: 'GET',
          path: say('/v1/loops/0193/requests?status=open'),
          status: 200,
          address: '203.0.113.0/24',
        },
        { at: ago(0.06), method: 'POST', path: say('/v1/loops'), status: 403, address: '203.0.113.0/24' },
      ],
    }),
    'key-shown': keyShownPage({
      ...page,
      name: say('Production, eu-west'),
      key: 'wb_live_sk_7Kq8mP2xNvL34tRzW9bYcD5fGhJ6kLmN8pQrStUv',
      curl: "curl http://localhost:4000/workbench/v1/humans/usr_maria_42/status \\\n  -H 'Authorization: Bearer wb_live_sk_7Kq8mP2xNvL34tRzW9bYcD5fGhJ6kLmN8pQrStUv'",
      oldKeyEndsAt: ago(-24),
    }),
  };
}

function renderApps(say: Say): Record<string, string> {
  const page = desk(say);
  const app = {
    id: 'app_8f2c6d0e9b1a4c7d8e3f5a60',
    name: say('Quill'),
    productName: 'Workbench',
    isPublic: false,
    state: 'active',
    createdAt: ago(1200),
    people: 12,
  } as const;
  const authorizeUrl =
    'http://localhost:3000/authorize?client_id=app_8f2c6d0e9b1a4c7d8e3f5a60&response_type=code&redirect_uri=https%3A%2F%2Fquill.example%2Fcallback&scope=status%3Aread';
  return {
    apps: appsPage({
      ...page,
      apps: [
        app,
        { ...app, id: 'app_1', name: say('Quill for phones'), isPublic: true, state: 'disabled', people: 0 },
      ],
    }),
    'apps-empty': appsPage({ ...page, apps: [] }),
    'new-app': newAppPage({ ...page, products }),
    'new-app-wrong': newAppPage({
      ...page,
      products,
      values: {
        name: say('Quill'),
        redirectUris: say('http://quill.example/callback'),
        product: 'panel',
        isPublic: true,
      },
      errors: {
        redirect_uris: `${say('http://quill.example/callback')}: outside this device it has to be https.`,
      },
    }),
    'app-details': appDetailsPage({
      ...page,
      app,
      values: { name: app.name, redirectUris: say('https://quill.example/callback') },
      authorizeUrl,
      secrets: [
        { id: 's1', name: say('First secret'), lastFour: '81aF', createdAt: ago(1200), expiresAt: ago(-200) },
        { id: 's2', name: say('Second secret'), lastFour: 'PQ3d', createdAt: ago(2), expiresAt: null },
      ],
      errors: { confirm: 'That is not its name. Nothing was deleted.' },
    }),
    'app-secret-shown': appSecretShownPage({
      ...page,
      app,
      clientSecret: 'D2m8kQ-x7Vb1nZ4tRw9sYcE5fGhJ6kLmN8pQrStUvXo',
      authorizeUrl,
    }),
    'app-shown-public': appSecretShownPage({ ...page, app, authorizeUrl }),
  };
}

function renderWatching(say: Say): Record<string, string> {
  const page = desk(say);
  const hours = (size: number, refusedEvery: number) =>
    Array.from({ length: 24 }, (_, index) => {
      const calls = index < 5 ? 0 : Math.round(size * (1 + Math.sin(index / 2.2)));
      return {
        at: new Date(Date.UTC(2026, 10, 20, 15 + index)),
        calls,
        refused: index % refusedEvery ? 0 : Math.round(calls / 6),
        failed: index % (2 * refusedEvery) ? 0 : Math.round(calls / 12),
      };
    });
  const whenFilter = {
    label: 'When',
    options: [
      { label: 'Last 24 hours', href: '/console/usage', current: true },
      { label: 'Last 7 days', href: '/console/usage?days=7', current: false },
    ],
  };
  const whatFilter = {
    label: 'What',
    options: ['Everything', 'Keys', 'Apps', 'Consents', 'Sign-ins', 'Plans'].map((label, index) => ({
      label,
      href: index === 0 ? '/console/audit' : `/console/audit?what=${label.toLowerCase()}`,
      current: index === 0,
    })),
  };
  return {
    usage: usagePage({
      ...page,
      filters: [whenFilter],
      period: 'the last 24 hours',
      keys: [
        {
          id: 'k1',
          name: say('Production, eu-west'),
          productName: 'Workbench',
          prefix: 'wb_live_',
          lastFour: 'x7Kq',
          hours: hours(640, 5),
        },
        {
          id: 'k2',
          name: say('CI pipeline'),
          productName: 'Workbench',
          prefix: 'wb_test_',
          lastFour: '9pLs',
          hours: hours(90, 3),
        },
      ],
    }),
    'usage-empty': usagePage({ ...page, filters: [whenFilter], period: 'the last 24 hours', keys: [] }),
    audit: auditPage({
      ...page,
      filters: [whatFilter, whenFilter],
      entries: [
        {
          id: 'a1',
          at: ago(0.01),
          what: 'Key disabled',
          event: 'key.disabled',
          by: 'You',
          subject: say('Notebook'),
          address: '203.0.113.7',
          requestId: 'req_8Kq2mPxW4nTz',
        },
        {
          id: 'a2',
          at: ago(2),
          what: 'Consent given',
          event: 'consent.granted',
          by: say('Ana Ruiz'),
          subject: say('Quill'),
          address: '2001:db8:85a3::8a2e:370:7334',
          requestId: 'req_1bX9cVt7Lm3Q',
        },
        {
          id: 'a3',
          at: ago(30),
          what: 'Signing keys rotated',
          event: 'signing_keys.rotated',
          by: 'Latchkey',
        },
      ],
      subject: { name: say('Notebook'), clearHref: '/console/audit' },
      newer: '/console/audit?after=a1',
      older: '/console/audit?before=a3',
    }),
    'audit-empty': auditPage({ ...page, filters: [whatFilter], entries: [] }),
    plans: plansPage({
      ...page,
      canChoose: true,
      products: [
        {
          ...workbench,
          current: 'free',
          limits: ['Requests per minute', 'Tasks at a time', 'People'],
          plans: [
            { id: 'free', label: 'Free', values: ['60', '5', '3'] },
            { id: 'pro', label: 'Pro', values: ['300', '25', '20'] },
            { id: 'enterprise', label: 'Enterprise', values: ['1,000', '100', 'unlimited'] },
          ],
        },
      ],
    }),
  };
}

export function renderConsoleSamples(say: Say): Record<string, string> {
  return { ...renderKeys(say), ...renderApps(say), ...renderWatching(say) };
}
