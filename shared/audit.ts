/**
 * The audit log. Written in the transaction of what it tells, never beside it: what happened and the record of
 * it stand or fall together. Personal values (address, user agent) are kept apart from the rest, so that erasing
 * a person takes them out without touching the record. Never a secret: ids of credentials, not credentials.
 */
import { sqlNow } from './clock.js';
import { newId } from './ids.js';
import type { Services } from './services.js';

export type AuditAction =
  | 'agent.created'
  | 'client.created'
  | 'consent.denied'
  | 'consent.granted'
  | 'consent.revoked'
  | 'grant.revoked'
  | 'jwt.ended'
  | 'key.created'
  | 'key.revoked'
  | 'plan.changed'
  | 'session.ended'
  | 'signing_keys.rotated'
  | 'token.replayed'
  | 'user.created'
  | 'user.sign_in_failed'
  | 'user.signed_in';

export interface AuditEvent {
  /** Whose log it is in; null for what concerns no account. */
  accountId: string | null;
  action: AuditAction;
  actor: { kind: 'person' | 'key' | 'client' | 'agent' | 'operator' | 'system'; id: string };
  target?: { kind: string; id: string };
  credentialId?: string;
  requestId?: string;
  details?: Record<string, unknown>;
  /** Values that name or locate a person; erasable. */
  personal?: { address?: string; userAgent?: string; email?: string };
}

/** Appends one event. Call it inside the transaction of its cause. */
export async function recordAudit(services: Services, event: AuditEvent): Promise<void> {
  await services.db('audit_events').insert({
    id: newId(),
    account_id: event.accountId,
    action: event.action,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    target_kind: event.target?.kind ?? null,
    target_id: event.target?.id ?? null,
    credential_id: event.credentialId ?? null,
    request_id: event.requestId ?? null,
    details: JSON.stringify(event.details ?? {}),
    personal: JSON.stringify(event.personal ?? {}),
    at: sqlNow(services),
  });
}
