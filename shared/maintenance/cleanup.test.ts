import { recordAudit } from '../audit/audit.js';
import { readAnchors } from '../audit/audit-anchors.js';
import { verifyAudit } from '../audit/audit-verify.js';
import { insertRecordOnce, retentionSeconds, upsertRecord } from '../identity/oauth/oidc-records.js';
import { createEmailLink, findEmailLink } from '../identity/sign-in/email-links.js';
import { createOneTimeCode } from '../identity/sign-in/one-time-codes.js';
import { enqueueJob } from '../jobs/queue.js';
import { beginTransaction } from '../services.js';
import { runDueJobs } from '../testing/jobs.js';
import { createTestServices } from '../testing/services.js';
import { cleanUp, cleanupTasks } from './cleanup.js';
import { sharedHandlers } from './shared-handlers.js';

const { services, clock } = await createTestServices();
const dayMs = 86_400_000;

const countOf = async (table: string) => Number((await services.db(table).count())[0]?.count);

test('every task names a table or kind of row that is there, and finds nothing in an empty database', async () => {
  const nothing = Object.fromEntries(Object.keys(cleanupTasks).map((name) => [name, 0]));
  expect(await cleanUp(services)).toEqual(nothing);
});

test('what expired goes, what can still be asked about stays', async () => {
  await upsertRecord(services, 'AccessToken', 'short', {}, 60);
  await upsertRecord(services, 'AccessToken', 'long', {}, 2 * retentionSeconds);
  await insertRecordOnce(services, 'Grant', 'for ever', {}, undefined);
  clock.advance(120_000);
  await cleanUp(services);
  expect(await countOf('oidc_records')).toBe(3);
  clock.advance(retentionSeconds * 1000);
  expect(await cleanUp(services)).toMatchObject({ oidc_records: 1 });
  expect(await countOf('oidc_records')).toBe(2);
});

test('a link that nobody used is remembered as expired for a month', async () => {
  const email = 'ada@example.com';
  const token = await createEmailLink(services, {
    purpose: 'verify_email',
    accountId: 'a'.repeat(24),
    email,
  });
  await createOneTimeCode(services, { purpose: 'agenthuman', email });
  clock.advance(3 * dayMs);
  expect(await cleanUp(services)).toMatchObject({ email_links: 0, email_codes: 1 });
  expect(await findEmailLink(services, 'verify_email', token)).toEqual({ problem: 'expired' });
  clock.advance(30 * dayMs);
  expect(await cleanUp(services)).toMatchObject({ email_links: 1 });
});

test('an authorization request that was pushed and forgotten goes half an hour after its end', async () => {
  await upsertRecord(services, 'PushedAuthorizationRequest', 'forgotten', {}, 60);
  clock.advance((60 + retentionSeconds + 1) * 1000);
  await cleanUp(services);
  const left = await services.db('oidc_records').where({ model: 'PushedAuthorizationRequest' });
  expect(left).toEqual([]);
});

test('many rows go in batches', async () => {
  const batches: number[] = [];
  let left = 25;
  const task = async (_services: unknown, limit: number) => {
    const removed = Math.min(left, limit);
    left -= removed;
    batches.push(removed);
    return removed;
  };
  expect(await cleanUp(services, { tasks: { rows: task }, batchRows: 10 })).toEqual({ rows: 25 });
  expect(batches).toEqual([10, 10, 5]);
  expect(await cleanUp(services, { tasks: { rows: async () => 10 }, batchRows: 10, forSeconds: 0 })).toEqual({
    rows: 0,
  });
});

test('the audit log is pruned after a year and verifies', async () => {
  const event = { accountId: 'old', action: 'user.created', actor: { kind: 'person', id: 'old' } } as const;
  for (let i = 0; i < 30; i += 1) await recordAudit(services, event);
  clock.advance(366 * dayMs);
  await recordAudit(services, event);
  expect(await cleanUp(services, { batchRows: 7 })).toMatchObject({ audit_events: 30 });
  const anchors = await readAnchors('/nonexistent', [], { optional: true });
  expect(await verifyAudit(services, anchors)).toMatchObject({ ok: true, events: 1 });
});

test('while one process cleans up, another does nothing', async () => {
  const { tx, rollback } = await beginTransaction(services);
  await tx.db.raw('select pg_advisory_xact_lock(7035117284)');
  expect(await cleanUp(services)).toBeUndefined();
  await rollback();
  expect(await cleanUp(services)).toBeDefined();
});

test('a task that fails holds up no other, and is told', async () => {
  let done = 0;
  const tasks = {
    broken: async () => {
      throw new Error('no such table');
    },
    fine: async () => {
      done += 1;
      return 0;
    },
  };
  await expect(cleanUp(services, { tasks })).rejects.toThrow('no such table');
  expect(done).toBe(1);
});

test('it runs as a job, as do anchors', async () => {
  await recordAudit(services, {
    accountId: 'new',
    action: 'user.created',
    actor: { kind: 'person', id: 'new' },
  });
  await enqueueJob(services, 'cleanup.run', {});
  await enqueueJob(services, 'audit.anchor', {});
  expect(await runDueJobs(services, sharedHandlers)).toEqual({ failures: [] });
  const { rows } = await services.db.raw(
    "select anchored_seq = seq as anchored from audit_heads where chain = 'new'",
  );
  expect(rows).toEqual([{ anchored: true }]);
});
