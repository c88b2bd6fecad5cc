/**
 * The audit log. Written in the transaction of what it tells, never beside it: what happened and the record of
 * it stand or fall together. Personal values (address, user agent) are kept apart from the rest, so that erasing
 * a person takes them out without touching the record. Never a secret: ids of credentials, not credentials.
 *
 * The events of a transaction are appended together at its end, chains in the order of their names: the head of a
 * chain is locked for two statements only, and two transactions can never wait for each other's heads.
 */

import { eventCounter } from '../metrics/metrics.js';
import { beforeCommit, inTransaction, type Services, type TransactionState } from '../services.js';
import { emitCredentialEvent } from '../webhooks/credential-events.js';
import { appendToChain, commonChain } from './audit-chain.js';

/** Actions of one product; the product adds its own by declaration merging, beside the code that records them. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface ProductAuditActions {}

export type AuditAction = CommonAuditAction | keyof ProductAuditActions;

/** Actions of the authorization server and of identity, the same for every product. */
type CommonAuditAction =
  | 'agent.claimed'
  | 'agent.created'
  | 'agent.disabled'
  | 'agent.enabled'
  | 'agent.key_recovery_requested'
  | 'client.created'
  | 'client.deleted'
  | 'client.disabled'
  | 'client.enabled'
  | 'client.registered'
  | 'client.secret_created'
  | 'client.secret_deleted'
  | 'client.updated'
  | 'consent.denied'
  | 'consent.granted'
  | 'consent.revoked'
  | 'grant.revoked'
  | 'human.updated'
  | 'jwt.ended'
  | 'key.created'
  | 'key.disabled'
  | 'key.enabled'
  | 'key.leaked'
  | 'key.revoked'
  | 'key.rolled'
  | 'key.updated'
  | 'personal.erased'
  | 'plan.changed'
  | 'session.ended'
  | 'signing_keys.rotated'
  | 'token.replayed'
  | 'user.code_requested'
  | 'user.created'
  | 'user.disabled'
  | 'user.email_change_requested'
  | 'user.email_changed'
  | 'user.email_verified'
  | 'user.enabled'
  | 'user.erased'
  | 'user.password_changed'
  | 'user.password_reset'
  | 'user.password_reset_requested'
  | 'user.renamed'
  | 'user.sign_in_failed'
  | 'user.sign_up_repeated'
  | 'user.signed_in'
  | 'user.verification_requested';

/** Who did it, and from where as far as it is known: domain functions hand on what the edge knew. */
export interface AuditActor {
  kind: 'person' | 'key' | 'client' | 'agent' | 'operator' | 'system';
  id: string;
  address?: string;
  userAgent?: string;
  requestId?: string;
}

export interface AuditEvent {
  /** Whose log it is in; null for what concerns no account. */
  accountId: string | null;
  action: AuditAction;
  actor: AuditActor;
  target?: { kind: string; id: string };
  /** The credential that was used; a key that acts is its own. */
  credentialId?: string;
  requestId?: string;
  details?: Record<string, unknown>;
  /** Values that name or locate a person; erasable. */
  personal?: { address?: string; userAgent?: string; email?: string; url?: string };
}

declare module '../services.js' {
  interface TransactionState {
    /** Audit events that are appended at the end of the transaction, by chain. */
    auditEvents?: Map<string, AuditEvent[]>;
    /** Ids of people whose personal values these events leave out. */
    withheldPersonIds?: Set<string>;
  }
}

/** Sign-ins, consents, replays, leaks and the rest, for operators. */
const auditCounter = {
  name: 'audit_events_total',
  help: 'Events of the audit log that this process recorded, by action.',
  labels: ['action'],
};

/** Appends one event. Call it inside the transaction of its cause; it is written when that commits. */
export async function recordAudit(services: Services, event: AuditEvent): Promise<void> {
  await inTransaction(services, async (tx) => {
    tx.afterCommit(() => eventCounter(services, auditCounter)({ action: event.action }));
    const state = stateOf(tx);
    if (!state.auditEvents) beforeCommit(tx, appendEvents);
    state.auditEvents ??= new Map();
    const chain = event.accountId ?? commonChain;
    const entry = withOrigin(event);
    state.auditEvents.set(chain, [...(state.auditEvents.get(chain) ?? []), entry]);
    await emitCredentialEvent(tx, entry);
  });
}

/** What stands in the actor goes where it belongs; what the event says itself is more precise. */
function withOrigin(event: AuditEvent): AuditEvent {
  const { address, userAgent, requestId, kind, id } = event.actor;
  return {
    ...event,
    requestId: event.requestId ?? requestId,
    credentialId: event.credentialId ?? (kind === 'key' ? id : undefined),
    personal: { address, userAgent, ...event.personal },
  };
}

async function appendEvents(tx: Services): Promise<void> {
  const state = stateOf(tx);
  const chains = [...(state.auditEvents ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  delete state.auditEvents;
  const withheld = state.withheldPersonIds;
  for (const [chain, events] of chains) {
    const isWithheld = ({ actor }: AuditEvent) =>
      withheld?.has(chain) || (actor.kind === 'person' && withheld?.has(actor.id));
    await appendToChain(
      tx,
      chain,
      events.map((event) => (isWithheld(event) ? { ...event, personal: {} } : event)),
    );
  }
}

/** Leaves the personal values out of what this transaction records about a person: it is the one that erases them. */
export function withholdPersonal(tx: Services, personId: string): void {
  const state = stateOf(tx);
  state.withheldPersonIds ??= new Set();
  state.withheldPersonIds.add(personId);
}

function stateOf({ transaction }: Services): TransactionState {
  if (!transaction) throw new Error('an audit event is recorded inside inTransaction');
  return transaction;
}
