/** The keys and audit verbs of the command line, each run as an operator runs it, against one database. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeyUsageRecorder } from '../shared/identity/api-keys/key-usage-recorder.js';
import { createUser } from '../shared/identity/people/users.js';
import { createTestServices } from '../shared/testing/services.js';
import { createCheckout } from './testing/checkout.js';

const { services } = await createTestServices();
const checkout = await createCheckout();
const environment = {
  DATABASE_URL: services.config.databaseUrl ?? '',
  SECRET_KEY: services.config.secretKeys.map((key) => key.toString('hex')).join(','),
};

const run = (args: string) => checkout.run(`npm run -s cli -- ${args}`, environment);

async function cli(args: string) {
  const { status, output, errors } = await run(args);
  expect([errors, status]).toEqual(['', 0]);
  return JSON.parse(output);
}

const email = 'ada@example.com';
await createUser(services, { email, name: 'Ada' });

test('the life of a key', async () => {
  const created = await cli(
    `key create --user ${email} --product openhuman --name Bot --permissions read,write`,
  );
  expect(created).toMatchObject({
    id: expect.any(String),
    key: expect.stringMatching(/^sk_/),
    status: 'active',
  });
  const { id } = created;

  const changed = await cli(
    `key update --id ${id} --name Robot --permissions all --allow-ip 10.0.0.0/8,2001:db8::1 --expires 2100-01-01 --leak-policy roll --rotate-every-days 90`,
  );
  expect(changed).toMatchObject({
    name: 'Robot',
    permissions: null,
    ip_allowlist: ['10.0.0.0/8', '2001:db8::1/128'],
    leak_policy: 'roll',
    rotate_every_days: 90,
  });
  expect(changed).not.toHaveProperty('key');
  const plain = `key update --id ${id} --allow-ip none --expires none --leak-policy default --rotate-every-days 0`;
  expect(await cli(plain)).toMatchObject({
    ip_allowlist: null,
    expires_at: null,
    leak_policy: null,
    rotate_every_days: null,
  });

  expect(await cli(`key disable --id ${id}`)).toMatchObject({ id, status: 'disabled' });
  expect(await cli(`key enable --id ${id}`)).toMatchObject({ id, status: 'active' });
  const rolled = await cli(`key roll --id ${id} --grace-seconds 60`);
  expect(rolled).toMatchObject({
    key: expect.stringMatching(/^sk_/),
    predecessor: { id, status: 'rolling' },
  });
  expect(await cli(`key revoke --id ${rolled.id}`)).toMatchObject({ status: 'revoked' });

  const { keys } = await cli(`key list --user ${email}`);
  expect(keys.map(({ status }: { status: string }) => status).sort()).toEqual(['revoked', 'rolling']);
  expect(JSON.stringify(keys)).not.toContain(rolled.key);
}, 120_000);

test('an agent is made or found by its address where keys belong to agents', async () => {
  const first = await cli('key create --user bot@example.com --product humanping');
  expect(first.key).toMatch(/^hp_live_/);
  await cli('key create --user BOT@example.com --product humanping');
  expect((await cli('key list --user bot@example.com')).keys).toHaveLength(2);
});

test('calls and usage of a key', async () => {
  const { id } = await cli(`key create --user ${email} --product haas --env test`);
  const recorder = createKeyUsageRecorder(services);
  const call = { keyId: id, method: 'GET', route: '/v1/tasks', address: '192.0.2.1', requestId: 'req_1' };
  recorder.note({ ...call, at: services.clock.now(), status: 200 });
  recorder.note({ ...call, at: services.clock.now(), status: 404 });
  await recorder.close();
  const { calls } = await cli(`key calls --id ${id}`);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatchObject({
    method: 'GET',
    route: '/v1/tasks',
    address: '192.0.2.1',
    request_id: 'req_1',
  });
  expect((await cli(`key usage --id ${id}`)).hours).toMatchObject([{ '2xx': 1, '4xx': 1 }]);
});

test.each([
  [`key create --user ${email} --product humanping --env test`, 'HumanPing has no test keys'],
  [
    `key create --user ${email} --product haas --allow-ip 10.0.0.0/8`,
    'An IP allowlist needs the Enterprise plan',
  ],
  [
    `key create --user ${email} --product hitl --permissions nothing`,
    'permissions must be some of: loops:read',
  ],
  ['key roll --id nothing', 'There is no such API key'],
  [
    'key update --id aaaaaaaaaaaaaaaaaaaaaaaa --rotate-every-days soon',
    '--rotate-every-days must be a whole number',
  ],
  [
    'key update --id aaaaaaaaaaaaaaaaaaaaaaaa --leak-policy nothing',
    '--leak-policy must be one of: notify, roll',
  ],
  ['audit verify --anchors /nonexistent', 'The anchors cannot be read'],
])('%s is refused in one sentence', async (args, sentence) => {
  const { status, output, errors } = await run(args);
  expect([status, output]).toEqual([1, '']);
  expect(errors.trim().split('\n')).toEqual([expect.stringContaining(sentence)]);
});

test('the audit log is anchored, verified and exported, and a change to it is found', async () => {
  const { file } = await cli('audit anchor');
  expect(await cli('audit verify')).toMatchObject({ ok: true, anchors: 1, problems: [] });
  const exported = await run(`audit export --user ${email}`);
  const path = join(checkout.folder, 'export.jsonl');
  await writeFile(path, exported.output);
  const { public_keys } = await cli('audit keys');
  const verified = await checkout.run(`node scripts/verify-audit-export.js ${path} --key ${public_keys[0]}`);
  expect(verified).toMatchObject({
    status: 0,
    output: expect.stringMatching(/^verified: \d+ events of [0-9a-f]{24}\n$/),
  });

  await services.db.raw('alter table audit_events disable trigger user');
  await services.db.raw("update audit_events set actor_id = 'nobody' where action = 'key.created'");
  const found = await run('audit verify');
  expect([found.status, JSON.parse(found.output).ok]).toEqual([1, false]);
  expect(await readFile(file, 'utf8')).toContain('latchkey-audit-anchor');
}, 120_000);

test('cleanup needs no verb', async () => {
  expect(await cli('cleanup')).toEqual({
    removed: expect.objectContaining({ oidc_records: 0, audit_events: 0 }),
  });
});
