/**
 * An account's log as JSON lines, with all that is needed to verify it without us: a header, the checkpoint where
 * old events were removed, every event with its hash, and a signed statement of where the chain ends.
 * `scripts/verify-audit-export.js` is the verifier; it is given to customers and imports nothing of ours.
 */

import type { Services } from '../services.js';
import { signAnchor } from './audit-anchors.js';
import { type AuditRow, auditRowColumns, eventContent, genesisHash } from './audit-chain.js';
import { type Checkpoint, checkpointStatement } from './audit-retention.js';
import { auditPublicKeys } from './audit-signing.js';

const pageRows = 1000;

/** Yields one line of JSON after another, without line ends. */
export async function* exportAudit(services: Services, accountId: string): AsyncGenerator<string> {
  yield JSON.stringify({
    type: 'latchkey-audit-export',
    version: 1,
    issuer: services.config.issuer,
    account: accountId,
    at: services.clock.now().toISOString(),
    public_keys: auditPublicKeys(services.config),
  });
  const head: { seq: number; hash: Buffer } = (await services
    .db('audit_heads')
    .where({ chain: accountId })
    .first('seq', 'hash')) ?? { seq: 0, hash: genesisHash };
  const checkpoint: Checkpoint | undefined = await services
    .db('audit_checkpoints')
    .where({ chain: accountId })
    .orderBy('seq', 'desc')
    .first();
  if (checkpoint) {
    const { public_key, signature, ...place } = checkpoint;
    yield JSON.stringify({ ...checkpointStatement(place), public_key, signature });
  }
  for (let seq = checkpoint?.seq ?? 0; seq < head.seq; ) {
    const page: AuditRow[] = await services
      .db('audit_events')
      .select(...auditRowColumns)
      .where({ chain: accountId })
      .where('seq', '>', seq)
      .where('seq', '<=', head.seq)
      .orderBy('seq')
      .limit(pageRows);
    for (const row of page) {
      const content = { type: 'event', ...eventContent(row), personal: row.personal };
      yield JSON.stringify({ ...content, hash: row.hash.toString('hex') });
    }
    const last = page.at(-1);
    if (!last) break;
    seq = last.seq;
  }
  yield JSON.stringify(signAnchor(services, [[accountId, head.seq, head.hash.toString('hex')]]));
}
