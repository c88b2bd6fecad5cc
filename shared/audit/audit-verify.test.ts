/**
 * Somebody with all rights on the database: the triggers are off in every test of this file.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createTestServices } from '../testing/services.js';
import { recordAudit } from './audit.js';
import { anchorsPath, readAnchors, writeAnchors } from './audit-anchors.js';
import { type AuditRow, auditRowColumns, eventHash } from './audit-chain.js';
import { auditPublicKeys } from './audit-signing.js';
import { verifyAudit } from './audit-verify.js';

const { services, clock } = await createTestServices();
const { services: stranger } = await createTestServices();
const path = anchorsPath(services.config);
const account = 'victim';

async function problems() {
  const anchors = await readAnchors(path, auditPublicKeys(services.config), { optional: true });
  const report = await verifyAudit(services, anchors);
  expect(report.ok).toBe(report.problemCount === 0);
  return report.problems;
}

async function recordEvents(count: number) {
  for (let i = 0; i < count; i += 1) {
    clock.advance(1000);
    await recordAudit(services, {
      accountId: account,
      action: 'user.signed_in',
      actor: { kind: 'person', id: account },
      target: { kind: 'user', id: account },
      credentialId: `key-${i}`,
      requestId: `request-${i}`,
      details: { i },
      personal: { address: '192.0.2.7' },
    });
  }
}

/** Writes the chain anew so that it is sound in itself, as an attacker would after changing rows. */
async function reseal() {
  const rows: AuditRow[] = await services
    .db('audit_events')
    .select(...auditRowColumns)
    .where({ chain: account })
    .orderBy('seq');
  let seq = 0;
  let previous: Buffer = Buffer.alloc(32);
  for (const row of rows) {
    seq += 1;
    const sealed = { ...row, seq, previous_hash: previous };
    const hash = eventHash(sealed);
    await services.db('audit_events').where({ id: row.id }).update({ seq, previous_hash: previous, hash });
    previous = hash;
  }
  await services.db('audit_heads').where({ chain: account }).update({ seq, hash: previous });
}

beforeAll(async () => {
  await services.db.raw(
    'alter table audit_events disable trigger user; alter table audit_heads disable trigger user;' +
      'alter table audit_checkpoints disable trigger user',
  );
});

beforeEach(async () => {
  await services.db.raw('truncate audit_events, audit_heads, audit_checkpoints');
  await writeFile(path, '').catch(() => undefined);
  await recordEvents(6);
  expect(await problems()).toEqual([]);
});

test.each([
  ['action', "'user.created'"],
  ['actor_kind', "'operator'"],
  ['actor_id', "'somebody'"],
  ['target_kind', 'null'],
  ['target_id', "'other'"],
  ['credential_id', 'null'],
  ['request_id', "'other'"],
  ['details', `'{"i":7}'`],
  ['commitments', `'{}'`],
  ['personal', `'{"address":{"value":"192.0.2.8","salt":"AAAA"}}'`],
  ['personal', 'null'],
  ['at', "at + interval '1 millisecond'"],
  ['id', "'ffffffffffffffffffffffff'"],
  ['hash', "sha256('x')"],
  ['previous_hash', "sha256('x')"],
  ['chain', "'another'"],
  ['seq', '60'],
])('an edited %s is found, in the middle and at the end', async (column, value) => {
  for (const seq of [3, 6]) {
    const before: AuditRow = await services.db('audit_events').where({ chain: account, seq }).first();
    await services.db.raw(`update audit_events set ${column} = ${value} where chain = ? and seq = ?`, [
      account,
      seq,
    ]);
    expect(await problems()).not.toEqual([]);
    const { account_id: _generated, ...row } = before as AuditRow & { account_id: string };
    await services
      .db('audit_events')
      .where({ id: row.id })
      .orWhere({ id: 'f'.repeat(24) })
      .delete();
    await services.db('audit_events').insert({
      ...row,
      details: JSON.stringify(row.details),
      commitments: JSON.stringify(row.commitments),
      personal: JSON.stringify(row.personal),
    });
  }
});

test.each([1, 3, 6])('deleting event %i is found', async (seq) => {
  await services.db('audit_events').where({ chain: account, seq }).delete();
  expect(await problems()).not.toEqual([]);
});

test('two events that changed places are found', async () => {
  await services.db.raw(
    `update audit_events set seq = case seq when 2 then 1003 else 1002 end where chain = ? and seq in (2, 3)`,
    [account],
  );
  await services.db.raw('update audit_events set seq = seq - 1000 where seq > 1000');
  expect(await problems()).not.toEqual([]);
});

test('an event that was put in between is found', async () => {
  await services.db.raw('update audit_events set seq = seq + 1000 where chain = ? and seq > 3', [account]);
  await services.db.raw('update audit_events set seq = seq - 999 where chain = ? and seq > 1000', [account]);
  const row: AuditRow = await services
    .db('audit_events')
    .where({ chain: account, seq: 3 })
    .first(...auditRowColumns);
  const forged = { ...row, id: 'forged', seq: 4, previous_hash: row.hash };
  await services.db('audit_events').insert({
    ...forged,
    details: JSON.stringify(forged.details),
    commitments: JSON.stringify(forged.commitments),
    personal: JSON.stringify(forged.personal),
    hash: eventHash(forged),
  });
  expect(await problems()).not.toEqual([]);
});

test('a log that lost its end is found, and with a corrected head by its anchor', async () => {
  await writeAnchors(services);
  await services.db('audit_events').where({ chain: account }).where('seq', '>', 4).delete();
  expect(await problems()).toContainEqual({
    chain: account,
    problem: 'the chain ends at 4, but its head says 6',
  });
  await reseal();
  expect(await problems()).toEqual([
    { chain: account, problem: expect.stringContaining('the chain ends at 4, but had 6 events at') },
  ]);
});

test('a chain that was rewritten from end to end is found by its anchor only', async () => {
  await services.db('audit_events').where({ chain: account, seq: 2 }).update({ actor_id: 'innocent' });
  await reseal();
  expect(await problems()).toEqual([]);
  await writeAnchors(services);
  await recordEvents(2);
  expect(await problems()).toEqual([]);
  await services.db('audit_events').where({ chain: account, seq: 2 }).update({ actor_id: account });
  await reseal();
  expect(await problems()).toEqual([
    { chain: account, seq: 6, problem: expect.stringContaining('it differs from what was anchored at') },
  ]);
});

test('a log that is gone altogether is found by its anchor', async () => {
  await writeAnchors(services);
  await services.db.raw('truncate audit_events, audit_heads');
  expect(await problems()).toContainEqual({
    chain: account,
    problem: expect.stringContaining('the chain ends at 0, but had 6 events'),
  });
});

test('an anchor that somebody changed or made up is found', async () => {
  await writeAnchors(services);
  const line = (await readFile(path, 'utf8')).trim();
  await appendFile(path, `${line.replace(',6,', ',5,')}\n`);
  await recordAudit(stranger, {
    accountId: account,
    action: 'user.created',
    actor: { kind: 'person', id: account },
  });
  await writeAnchors(stranger);
  await appendFile(path, await readFile(anchorsPath(stranger.config), 'utf8'));
  expect(await problems()).toEqual([
    { chain: '', problem: 'the anchor in line 2 is not signed by this installation' },
    { chain: '', problem: 'the anchor in line 3 is not signed by this installation' },
  ]);
});

test('anchors are read from a log as well, between its other lines', async () => {
  await writeAnchors(services);
  const anchor = JSON.parse(await readFile(path, 'utf8'));
  const lines = [
    { level: 30, msg: 'hello' },
    { level: 30, anchor, msg: 'audit anchor' },
  ];
  await writeFile(path, `not JSON\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  await services.db.raw('truncate audit_events, audit_heads');
  expect(await problems()).toHaveLength(1);
});

test('a chain is anchored again only when it grew', async () => {
  expect(await writeAnchors(services)).toBe(1);
  expect(await writeAnchors(services)).toBe(0);
  await recordEvents(1);
  expect(await writeAnchors(services)).toBe(1);
});

test('personal values that vanish without a recorded erasure are found', async () => {
  await services.db('audit_events').where({ chain: account, seq: 2 }).update({ personal: null });
  expect(await problems()).toEqual([
    { chain: account, seq: 2, problem: 'personal values are gone, and no erasure was recorded' },
  ]);
});

test('a beginning that was cut off behind a forged checkpoint is found', async () => {
  const { hash } = await services.db('audit_events').where({ chain: account, seq: 3 }).first('hash');
  const at = clock.now();
  await services
    .db('audit_checkpoints')
    .insert({ chain: account, seq: 3, hash, at, public_key: 'x', signature: 'y' });
  await services.db('audit_events').where({ chain: account }).where('seq', '<=', 3).delete();
  expect(await problems()).not.toEqual([]);
});
