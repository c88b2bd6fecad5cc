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
  return addLimitFields({}, decision, shown);
}

/** Adds the same to `fields`, and returns them. */
export function addLimitFields(
  fields: Record<string, string>,
  { usages, refusedBy }: LimitDecision,
  shown?: string,
): Record<string, string> {
  let policy = '';
  let state = '';
  for (const usage of usages) {
    if (usage.name === shown) {
      fields['X-RateLimit-Limit'] = String(usage.quota);
      fields['X-RateLimit-Remaining'] = String(usage.remaining);
      fields['X-RateLimit-Reset'] = String(usage.resetAtSeconds);
    }
    policy += policy === '' ? policyItem(usage) : `, ${policyItem(usage)}`;
    state += state === '' ? limitItem(usage) : `, ${limitItem(usage)}`;
  }
  if (usages.length > 0) {
    fields['RateLimit-Policy'] = policy;
    fields.RateLimit = state;
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
