import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestServices } from '../testing/services.js';
import { recordAudit } from './audit.js';
import { exportAudit } from './audit-export.js';
import { erasePersonalAudit, pruneAudit } from './audit-retention.js';
import { auditPublicKeys } from './audit-signing.js';

const { services, clock } = await createTestServices();
const folder = mkdtempSync(join(tmpdir(), 'latchkey-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [publicKey = ''] = auditPublicKeys(services.config);

const record = (accountId: string) =>
  recordAudit(services, {
    accountId,
    action: 'user.signed_in',
    actor: { kind: 'person', id: accountId },
    details: { words: 'Grüße, "日本" \u2028', number: 0.1 },
    personal: { address: '198.51.100.23', userAgent: 'Mozilla/5.0' },
  });

async function exportLines(accountId: string) {
  const lines: string[] = [];
  for await (const line of exportAudit(services, accountId)) lines.push(line);
  return lines;
}

let files = 0;
function keep(lines: string[]): string {
  files += 1;
  const path = join(folder, `${files}.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** Runs the verifier as a customer does, with nothing of ours around it. */
function verifyOffline(lines: string[], ...options: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/verify-audit-export.js', keep(lines), ...options],
    { encoding: 'utf8', env: {} },
  );
  return { status, said: (stdout + stderr).trim() };
}

test('an export verifies offline, also after an erasure', async () => {
  for (let i = 0; i < 4; i += 1) await record('customer');
  expect(verifyOffline(await exportLines('customer'), '--key', publicKey)).toEqual({
    status: 0,
    said: 'verified: 4 events of customer',
  });
  await erasePersonalAudit(services, 'customer');
  const lines = await exportLines('customer');
  expect(lines.join('\n')).not.toContain('198.51.100.23');
  expect(verifyOffline(lines)).toEqual({ status: 0, said: 'verified: 5 events of customer' });
});

test('a key that begins with a hyphen is a key all the same', async () => {
  const { status, said } = verifyOffline(await exportLines('customer'), '--key', `-${publicKey.slice(1)}`);
  expect(status).toBe(1);
  expect(said).not.toContain('ambiguous');
});

test('an account without events has an export that says so', async () => {
  expect(verifyOffline(await exportLines('nobody'))).toEqual({
    status: 0,
    said: 'verified: 0 events of nobody',
  });
});

test.each([
  [
    'an altered event',
    (lines: string[]) => lines.map((line) => line.replace('user.signed_in', 'user.created')),
  ],
  [
    'an altered personal value',
    (lines: string[]) => lines.map((line) => line.replace('198.51.100', '203.0.113')),
  ],
  ['a missing event', (lines: string[]) => lines.filter((_, index) => index !== 2)],
  ['a missing end', (lines: string[]) => lines.slice(0, -1)],
  ['two lines that changed places', ([a = '', b = '', c = '', ...rest]: string[]) => [a, c, b, ...rest]],
  [
    'another account in the header',
    (lines: string[]) => lines.map((line) => line.replace('"account":"t', '"account":"u')),
  ],
])('an export with %s does not verify', async (_, damage) => {
  const account = `t${clock.ms()}${Math.random()}`;
  for (let i = 0; i < 4; i += 1) await record(account);
  const lines = await exportLines(account);
  expect(verifyOffline(lines).status).toBe(0);
  expect(verifyOffline(damage(lines)).status).toBe(1);
});

test('an export that was made by somebody else does not verify with the key that the customer knows', async () => {
  await record('pinned');
  const foreign = Buffer.alloc(32, 7).toString('base64url');
  expect(verifyOffline(await exportLines('pinned'), '--key', foreign).status).toBe(1);
});

test('an export continues the one that was kept, also when old events have been removed', async () => {
  await record('steady');
  await record('steady');
  const earlier = await exportLines('steady');
  clock.advance(400 * 86_400_000);
  await record('steady');
  const later = await exportLines('steady');
  expect(verifyOffline(later, '--earlier', keep(earlier)).status).toBe(0);
  expect(verifyOffline(earlier, '--earlier', keep(later)).status).toBe(1);
  await pruneAudit(services, new Date(clock.ms() - 86_400_000), 1000);
  const pruned = await exportLines('steady');
  expect(verifyOffline(pruned, '--key', publicKey)).toEqual({
    status: 0,
    said: 'verified: 1 events of steady',
  });
  expect(verifyOffline(pruned, '--earlier', keep(earlier)).status).toBe(0);
});
