/**
 * The chain under the audit log. An event's hash is SHA-256 over its content in canonical JSON (RFC 8785), which
 * includes the hash of the event before it. Of a personal value the content has only a commitment, SHA-256 over a
 * random salt and the value: with the value and its salt erased it says nothing any more, and the chain still
 * holds. `scripts/verify-audit-export.js` does the same sums with no code of ours.
 */
import { createHash, randomBytes } from 'node:crypto';
import { sqlNow } from '../clock.js';
import { newId } from '../ids.js';
import type { Services } from '../services.js';
import { canonicalJson, type Json, storableJson, storableText } from './canonical-json.js';

/** The chain of what concerns no account. */
export const commonChain = 'latchkey';

/** What stands before the first event. */
export const genesisHash = Buffer.alloc(32);

/** Longer personal values (user agents, mostly) are cut. */
const personalLength = 500;

/** An event as the chain sees it; audit.ts says which there are. */
export interface ChainedEvent {
  action: string;
  actor: { kind: string; id: string };
  target?: { kind: string; id: string };
  credentialId?: string;
  requestId?: string;
  details?: Record<string, unknown>;
  personal?: Partial<Record<string, string>>;
}

export interface AuditRow {
  chain: string;
  seq: number;
  id: string;
  at: Date;
  action: string;
  actor_kind: string;
  actor_id: string;
  target_kind: string | null;
  target_id: string | null;
  credential_id: string | null;
  request_id: string | null;
  details: Json;
  /** Hexadecimal, by the name of the personal member. */
  commitments: Record<string, string>;
  /** null when there never was any, or when it was erased. */
  personal: Record<string, PersonalValue> | null;
  previous_hash: Buffer;
  hash: Buffer;
}

export interface PersonalValue {
  value: string;
  /** 16 random bytes, base64url. */
  salt: string;
}

export const auditRowColumns = [
  'chain',
  'seq',
  'id',
  'at',
  'action',
  'actor_kind',
  'actor_id',
  'target_kind',
  'target_id',
  'credential_id',
  'request_id',
  'details',
  'commitments',
  'personal',
  'previous_hash',
  'hash',
] as const;

/** What the hash of an event covers. */
export function eventContent(row: Omit<AuditRow, 'hash'>): Record<string, Json> {
  return {
    chain: row.chain,
    seq: row.seq,
    previous: row.previous_hash.toString('hex'),
    id: row.id,
    at: row.at.toISOString(),
    action: row.action,
    actor: { kind: row.actor_kind, id: row.actor_id },
    target: row.target_kind === null ? null : { kind: row.target_kind, id: row.target_id },
    credential_id: row.credential_id,
    request_id: row.request_id,
    details: row.details,
    commitments: row.commitments,
  };
}

export function eventHash(row: Omit<AuditRow, 'hash'>): Buffer {
  return createHash('sha256')
    .update(canonicalJson(eventContent(row)))
    .digest();
}

export function commitment({ value, salt }: PersonalValue): string {
  return createHash('sha256').update(Buffer.from(salt, 'base64url')).update(value).digest('hex');
}

/** Appends events to one chain. The head stays locked until the caller's transaction ends. */
export async function appendToChain(tx: Services, chain: string, events: ChainedEvent[]): Promise<void> {
  const head = await moveHead(tx, chain, events.length);
  let previous = head.hash;
  const rows = events.map((event, index) => {
    const seq = head.seq - events.length + 1 + index;
    const row = chainedRow(event, { chain, seq, at: head.at, previous_hash: previous });
    previous = row.hash;
    return row;
  });
  await tx.db('audit_events').insert(
    rows.map((row) => ({
      ...row,
      details: JSON.stringify(row.details),
      commitments: JSON.stringify(row.commitments),
      personal: row.personal && JSON.stringify(row.personal),
    })),
  );
  await tx.db('audit_heads').where({ chain }).update({ hash: previous });
}

/** Locks the head, counts it up, and returns its new number with the hash of the last event that is there. */
async function moveHead(
  tx: Services,
  chain: string,
  count: number,
): Promise<{ seq: number; hash: Buffer; at: Date }> {
  const { rows } = await tx.db.raw(
    `insert into audit_heads (chain, seq, hash) values (?, ?, ?)
     on conflict (chain) do update set seq = audit_heads.seq + excluded.seq
     returning seq, hash, date_trunc('milliseconds', ?::timestamptz) as at`,
    [chain, count, genesisHash, sqlNow(tx)],
  );
  return rows[0];
}

function chainedRow(
  event: ChainedEvent,
  place: Pick<AuditRow, 'chain' | 'seq' | 'at' | 'previous_hash'>,
): AuditRow {
  const personal = Object.fromEntries(
    Object.entries(event.personal ?? {})
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [
        name,
        {
          value: storableText(value.slice(0, personalLength)),
          salt: randomBytes(16).toString('base64url'),
        },
      ]),
  );
  const commitments = Object.fromEntries(
    Object.entries(personal).map(([name, value]) => [name, commitment(value)]),
  );
  const row = {
    ...place,
    id: newId(),
    action: event.action,
    actor_kind: event.actor.kind,
    actor_id: storableText(event.actor.id),
    target_kind: event.target?.kind ?? null,
    target_id: event.target ? storableText(event.target.id) : null,
    credential_id: event.credentialId ?? null,
    request_id: event.requestId ?? null,
    details: storableJson(event.details ?? {}),
    commitments,
    personal: Object.keys(personal).length === 0 ? null : personal,
  };
  return { ...row, hash: eventHash(row) };
}
