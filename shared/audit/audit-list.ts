/** The audit log as its account reads it. */

import type { Services } from '../services.js';
import { type AuditRow, auditRowColumns } from './audit-chain.js';

export interface AuditEntry {
  id: string;
  /** Counts the account's events from 1; the cursor of the list. */
  seq: number;
  at: Date;
  action: string;
  actor: { kind: string; id: string };
  target: { kind: string; id: string } | null;
  credentialId: string | null;
  requestId: string | null;
  details: Record<string, unknown>;
  /** Empty once the person was erased. */
  personal: { address?: string; userAgent?: string; email?: string; url?: string };
}

interface AuditListOptions {
  before?: number;
  limit?: number;
  action?: string;
  /** Id of a thing: only what happened to it, or was done with it. */
  subject?: string;
}

/** An account's events, newest first: at most `limit` (1 to 200) of those whose number is below `before`. */
export async function listAuditEvents(
  services: Services,
  accountId: string,
  { before, limit = 50, action, subject }: AuditListOptions = {},
): Promise<AuditEntry[]> {
  const query = services
    .db('audit_events')
    .select(...auditRowColumns)
    .where({ chain: accountId })
    .orderBy('seq', 'desc')
    .limit(Math.min(Math.max(limit, 1), 200));
  if (before !== undefined) query.where('seq', '<', before);
  if (action !== undefined) query.where({ action });
  if (subject !== undefined) {
    query.where((either) => either.where({ target_id: subject }).orWhere({ credential_id: subject }));
  }
  const rows: AuditRow[] = await query;
  return rows.map(toEntry);
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    seq: row.seq,
    at: row.at,
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    target: row.target_kind === null ? null : { kind: row.target_kind, id: row.target_id ?? '' },
    credentialId: row.credential_id,
    requestId: row.request_id,
    details: row.details as Record<string, unknown>,
    personal: Object.fromEntries(
      Object.entries(row.personal ?? {}).map(([name, { value }]) => [name, value]),
    ),
  };
}
