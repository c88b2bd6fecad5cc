import { inTransaction } from '../services.js';
import { createTestServices } from '../testing/services.js';
import { type AuditEvent, recordAudit } from './audit.js';
import { readAnchors } from './audit-anchors.js';
import { listAuditEvents } from './audit-list.js';
import { verifyAudit } from './audit-verify.js';

const { services, clock } = await createTestServices();

const event = (accountId: string | null, overrides: Partial<AuditEvent> = {}): AuditEvent => ({
  accountId,
  action: 'user.signed_in',
  actor: { kind: 'person', id: accountId ?? 'nobody' },
  ...overrides,
});

const verify = async () => verifyAudit(services, await readAnchors('/nonexistent', [], { optional: true }));

test('an event is written with its cause or not at all', async () => {
  const work = inTransaction(services, async (tx) => {
    await recordAudit(tx, event('rolled-back'));
    throw new Error('changed its mind');
  });
  await expect(work).rejects.toThrow('changed its mind');
  expect(await listAuditEvents(services, 'rolled-back')).toEqual([]);
});

test('sixty writers at once keep every chain whole', async () => {
  const writers = Array.from({ length: 60 }, (_, index) =>
    inTransaction(services, async (tx) => {
      await recordAudit(tx, event('busy', { details: { index } }));
      await recordAudit(tx, event(null, { action: 'user.sign_in_failed' }));
      if (index % 3 === 0) await recordAudit(tx, event('busy', { details: { index, second: true } }));
    }),
  );
  await Promise.all(writers);
  const { rows } = await services.db.raw("select count(*), max(seq) from audit_events where chain = 'busy'");
  expect(rows).toEqual([{ count: 80, max: 80 }]);
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
});

test('transactions that write to the same two logs in opposite orders do not wait for each other in a circle', async () => {
  const writers = Array.from({ length: 40 }, (_, index) =>
    inTransaction(services, async (tx) => {
      for (const account of index % 2 ? ['left', 'right'] : ['right', 'left'])
        await recordAudit(tx, event(account));
    }),
  );
  await expect(Promise.all(writers)).resolves.toHaveLength(40);
});

test.each([
  ['update audit_events set action = ?', ['user.created']],
  ['update audit_events set personal = ?', ['{}']],
  ['delete from audit_events', []],
  ['truncate audit_events', []],
  ['delete from audit_heads', []],
  ['update audit_heads set seq = seq - 1', []],
  ['truncate audit_heads', []],
])('the database refuses: %s', async (statement, values) => {
  await recordAudit(services, event('somebody', { personal: { email: 'a@example.com' } }));
  await expect(services.db.raw(statement, values)).rejects.toThrow(/append-only|only move forward/);
});

test('an account reads its own events, newest first, in pages and by action', async () => {
  await recordAudit(services, event('reader', { personal: { address: '192.0.2.7', userAgent: 'curl' } }));
  clock.advance(1000);
  await recordAudit(services, event('reader', { action: 'plan.changed', details: { plan: 'pro' } }));
  await recordAudit(services, event('reader'));
  await recordAudit(services, event('another'));
  const all = await listAuditEvents(services, 'reader');
  expect(all.map(({ seq, action }) => [seq, action])).toEqual([
    [3, 'user.signed_in'],
    [2, 'plan.changed'],
    [1, 'user.signed_in'],
  ]);
  expect(all[2]?.personal).toEqual({ address: '192.0.2.7', userAgent: 'curl' });
  expect(await listAuditEvents(services, 'reader', { before: 3, limit: 1 })).toEqual([all[1]]);
  expect(await listAuditEvents(services, 'reader', { action: 'plan.changed' })).toEqual([all[1]]);
});

test('what JSON and Postgres cannot keep as it is does not break the chain', async () => {
  const odd = ['\0', '\ud800', 'é', '\u2028', '\\u0000', '"', '😀'].join(' ');
  await recordAudit(services, {
    ...event('odd'),
    actor: { kind: 'person', id: odd },
    details: {
      [odd]: odd,
      date: new Date(0),
      none: undefined,
      numbers: [0.1, 1e21, -0, 1e-7, 123456789012345680],
    },
    personal: { userAgent: `${odd}${'x'.repeat(9000)}` },
  });
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
});
