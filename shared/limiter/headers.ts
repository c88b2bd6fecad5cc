/**
 * What a client is told about its limits. Two families: the `X-RateLimit-*` fields that some products document
 * (Reset is Unix seconds), and the IETF draft's `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-
 * headers-11; structured fields, RFC 9651; `t` counts seconds from now), which every product sends. `Retry-After`
 * is always whole seconds from now, rounded up, never a date and never 0.
 */
import { type LimitDecision, type Usage, windowSeconds } from './limit.js';

/** For `Access-Control-Expose-Headers`: scripts in a browser cannot read these otherwise. */
export const limitFieldNames: readonly string[] = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
];

/**
 * The fields of an answer. `shown` names the limit whose figures stand in `X-RateLimit-*`; without it, or when that
 * limit was not asked, those fields are left out.
 */
export function limitFields(decision: LimitDecision, shown?: string): Record<string, string> {
  const { usages, refusedBy } = decision;
  const fields: Record<string, string> = {};
  const figures = usages.find(({ name }) => name === shown);
  if (figures) {
    fields['X-RateLimit-Limit'] = String(figures.quota);
    fields['X-RateLimit-Remaining'] = String(figures.remaining);
    fields['X-RateLimit-Reset'] = String(figures.resetAtSeconds);
  }
  if (usages.length > 0) {
    fields['RateLimit-Policy'] = usages.map(policyItem).join(', ');
    fields.RateLimit = usages.map(limitItem).join(', ');
  }
  if (refusedBy) fields['Retry-After'] = String(refusedBy.waitSeconds);
  return fields;
}

/** Names come from facts and are plain ASCII words, so quoting needs no escapes. */
function policyItem({ name, quota, window }: Usage): string {
  const measure = window.kind === 'held' ? 'qu="concurrent-requests"' : `w=${windowSeconds(window)}`;
  return `"${name}";q=${quota};${measure}`;
}

function limitItem({ name, remaining, waitSeconds, window }: Usage): string {
  return window.kind === 'held' ? `"${name}";r=${remaining}` : `"${name}";r=${remaining};t=${waitSeconds}`;
}
