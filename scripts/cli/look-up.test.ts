import { createGrant, findLiveGrant } from '../../shared/identity/oauth/grants.js';
import { createOAuthClient, findOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { newId } from '../../shared/ids.js';
import { migrationStatus } from '../../shared/postgres/migrate.js';
import { createTestUser, listAuditActions } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { runCli } from '../testing/cli.js';

const { services } = await createTestServices();
const user = await createTestUser(services);
const subject = `usr_${user.id}`;
const client = await createOAuthClient(
  services,
  { userId: user.id, product: 'haas', name: 'Relay', redirectUris: ['https://relay.example/cb'] },
  { kind: 'operator', id: 'test' },
);
const grantId = newId();
await createGrant(services, {
  id: grantId,
  userId: user.id,
  clientId: client.id,
  product: 'haas',
  scopes: ['status:read'],
  requestedScopes: null,
  duration: 'always',
});

const cli = (...args: string[]) => runCli(services, args);

test('user list finds by a part of the email, and user show names plans, keys and apps without a secret', async () => {
  const [found, none, shown] = await Promise.all([
    cli('user', 'list', '--search', user.email.slice(1, 9).toUpperCase()),
    cli('user', 'list', '--search', '%nobody%'),
    cli('user', 'show', '--email', user.email),
  ]);
  expect(found.result.users).toEqual([expect.objectContaining({ id: subject, email: user.email })]);
  expect(none.result).toEqual({ users: [] });
  expect(shown.result).toMatchObject({
    id: subject,
    status: 'active',
    plans: { haas: 'free' },
    keys: [],
    clients: [{ client_id: client.id, name: 'Relay' }],
  });
  expect(JSON.stringify(shown.result)).not.toContain(client.secret);
});

test('client update changes what is named and leaves the rest, and client show never has a secret', async () => {
  const updated = await cli(
    'client',
    'update',
    '--id',
    client.id,
    '--redirect-uri',
    'https://new.example/cb',
  );
  expect(updated.result).toMatchObject({ name: 'Relay', redirect_uris: ['https://new.example/cb'] });
  expect(await findOAuthClient(services, client.id)).toMatchObject({
    redirectUris: ['https://new.example/cb'],
  });
  const [shown, unknown] = await Promise.all([
    cli('client', 'show', '--id', client.id),
    cli('client', 'show', '--id', 'app_none'),
  ]);
  expect(shown.result).toMatchObject({ client_id: client.id, people: 1, secrets: 1 });
  expect(JSON.stringify(shown.result)).not.toContain(client.secret);
  expect(unknown).toMatchObject({ status: 1, errors: 'No app has the id app_none\n' });
});

test('grant revoke ends a grant that grant list shows, once, and is audited', async () => {
  expect((await cli('grant', 'list', '--user', user.email)).result.grants).toEqual([
    expect.objectContaining({ id: grantId, client_id: client.id, scopes: ['status:read'] }),
  ]);
  expect((await cli('grant', 'revoke', '--id', grantId)).result).toEqual({ id: grantId, revoked: true });
  expect(await findLiveGrant(services, grantId)).toBeUndefined();
  expect(await listAuditActions(services, user.id)).toContain('grant.revoked');
  expect((await cli('grant', 'revoke', '--id', grantId)).status).toBe(1);
});

test('migrate down says what it drops, waits for --yes, and needs --force in production', async () => {
  const url = services.config.databaseUrl ?? '';
  const before = await migrationStatus(url);
  const newest = before.applied.at(-1);
  const production = {
    NODE_ENV: 'production',
    SMTP_URL: 'smtp://127.0.0.1:1',
    ISSUER: 'https://auth.example',
    API_URL: 'https://api.example',
  };
  const [asked, refused] = await Promise.all([
    cli('migrate', 'down'),
    runCli(services, ['migrate', 'down', '--yes'], production),
  ]);
  expect(asked.status).toBe(1);
  expect(asked.errors).toMatch(new RegExp(`^Taking back ${newest} drops .*: add --yes to do it\\.$`, 'm'));
  expect([refused.status, refused.errors]).toEqual([1, expect.stringContaining('needs --force')]);
  expect(await migrationStatus(url)).toEqual(before);
  const { result } = await cli('migrate', 'down', '--yes');
  expect(result).toEqual({
    reverted: [newest],
    dropped: { tables: expect.any(Array), columns: expect.any(Array) },
  });
  expect((await migrationStatus(url)).pending).toEqual([newest]);
});
