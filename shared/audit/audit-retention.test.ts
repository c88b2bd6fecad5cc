import { inTransaction } from '../services.js';
import { createTestServices } from '../testing/services.js';
import { recordAudit } from './audit.js';
import { anchorsPath, readAnchors, writeAnchors } from './audit-anchors.js';
import { listAuditEvents } from './audit-list.js';
import { erasePersonalAudit, pruneAudit } from './audit-retention.js';
import { auditPublicKeys } from './audit-signing.js';
import { verifyAudit } from './audit-verify.js';

const { services, clock } = await createTestServices();
const dayMs = 86_400_000;

const verify = async () => {
  const publicKeys = auditPublicKeys(services.config);
  const anchors = await readAnchors(anchorsPath(services.config), publicKeys, { optional: true });
  return verifyAudit(services, anchors);
};

const record = (accountId: string, person = accountId) =>
  recordAudit(services, {
    accountId,
    action: 'user.signed_in',
    actor: { kind: 'person', id: person },
    personal: { address: '198.51.100.23', email: `${person}@example.com` },
  });

test('erasing a person leaves whole chains without anything personal', async () => {
  await record('ada');
  await record('ada');
  await record('company', 'ada');
  await record('company', 'bob');
  await writeAnchors(services);
  await erasePersonalAudit(services, 'ada');
  const { rows } = await services.db.raw(
    "select * from audit_events where to_jsonb(audit_events)::text like '%ada@%'",
  );
  expect(rows).toEqual([]);
  const [erasure, ...events] = await listAuditEvents(services, 'ada');
  expect(erasure).toMatchObject({ action: 'personal.erased', details: { through: 2, events: 2 } });
  expect(events.map(({ personal }) => personal)).toEqual([{}, {}]);
  const [, bob] = await listAuditEvents(services, 'company');
  expect(bob?.personal).toMatchObject({ email: 'bob@example.com' });
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
});

test('what the erasing transaction itself records about the person is erased with the rest', async () => {
  const event = (address: string) => ({
    accountId: 'self',
    action: 'user.erased' as const,
    actor: { kind: 'person' as const, id: 'self', address },
  });
  await record('self');
  await inTransaction(services, async (tx) => {
    await erasePersonalAudit(tx, 'self');
    await recordAudit(tx, event('192.0.2.1'));
  });
  await inTransaction(services, async (tx) => {
    await recordAudit(tx, event('192.0.2.2'));
    await erasePersonalAudit(tx, 'self');
    await recordAudit(tx, event('192.0.2.3'));
  });
  const events = await listAuditEvents(services, 'self');
  expect(events.map(({ action }) => action)).toContain('personal.erased');
  expect(events.map(({ personal }) => personal)).toEqual(events.map(() => ({})));
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
});

test('a commitment cannot be opened by guessing once its salt is gone', async () => {
  await record('guess');
  await record('guess');
  const { rows } = await services.db.raw(
    "select commitments ->> 'email' as email from audit_events where chain = 'guess'",
  );
  expect(rows[0].email).not.toBe(rows[1].email);
});

test('old events go behind a signed checkpoint, in batches, and the rest still verifies', async () => {
  for (let i = 0; i < 5; i += 1) await record('old');
  await writeAnchors(services);
  clock.advance(400 * dayMs);
  for (let i = 0; i < 3; i += 1) await record('old');
  await writeAnchors(services);
  const yearAgo = new Date(clock.ms() - 365 * dayMs);
  let removed = 0;
  for (let batch = -1; batch !== 0; ) {
    batch = await pruneAudit(services, yearAgo, 2);
    expect(await verify()).toMatchObject({ ok: true, problems: [] });
    removed += batch;
  }
  expect(removed).toBeGreaterThanOrEqual(5);
  expect((await listAuditEvents(services, 'old')).map(({ seq }) => seq)).toEqual([8, 7, 6]);
  const checkpoints = await services.db('audit_checkpoints').where({ chain: 'old' }).pluck('seq');
  expect(checkpoints).toEqual([5]);
});

test('a log whose events are all old ends with its checkpoint and goes on after it', async () => {
  await record('quiet');
  clock.advance(400 * dayMs);
  while ((await pruneAudit(services, clock.now(), 100)) > 0);
  expect(await listAuditEvents(services, 'quiet')).toEqual([]);
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
  await record('quiet');
  expect(await listAuditEvents(services, 'quiet')).toMatchObject([{ seq: 2 }]);
  expect(await verify()).toMatchObject({ ok: true, problems: [] });
});

test('events beyond the checkpoint cannot be deleted, nor can the newest checkpoint', async () => {
  await expect(services.db('audit_events').where({ chain: 'quiet' }).delete()).rejects.toThrow('append-only');
  await expect(services.db('audit_checkpoints').where({ chain: 'quiet' }).delete()).rejects.toThrow(
    'checkpoint',
  );
});
