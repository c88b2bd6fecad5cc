/**
 * Where a request of a person came from: for the audit log, and for mails that say who asked.
 */
import type { AuditEvent } from '../../audit/audit.js';

export interface Origin {
  address?: string;
  userAgent?: string;
  requestId?: string;
}

/** Whoever it was: nobody has proven anything yet. */
export const stranger: AuditEvent['actor'] = { kind: 'system', id: 'stranger' };

/** The members of an audit event that tell where it came from. */
export function auditOrigin(
  { address, userAgent, requestId }: Origin,
  further: { email?: string } = {},
): Pick<AuditEvent, 'requestId' | 'personal'> {
  return { requestId, personal: { address, userAgent: userAgent?.slice(0, 300), ...further } };
}
