/**
 * HITL.sh: loops of reviewers, requests broadcast to them, one limit per key and clock hour.
 */

import { hexadecimal } from '../crypto/key-format.js';
import type { ErrorData } from '../errors.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

const invalid = { message: 'Invalid API key' };
const denied = { message: 'Access denied to this resource' };

const words = messagesWith({
  credential_missing: { message: 'Missing Authorization header' },
  credential_malformed: { message: "Invalid Authorization header format. Use 'Bearer <api_key>'" },
  credential_unknown: invalid,
  credential_revoked: invalid,
  credential_expired: invalid,
  credential_wrong_kind: invalid,
  account_disabled: invalid,
  token_invalid: invalid,
  credential_disabled: { message: 'API key is inactive' },
  access_denied: denied,
  permission_missing: denied,
  malformed_body: { message: 'Invalid request body' },
  rate_limited: { message: 'API rate limit exceeded' },
  wrong_password: { message: 'Invalid email or password' },
});

/** "Loop not found", where it is known what was looked for. */
function notFound({ subject, message }: ErrorData): ErrorData {
  if (subject === undefined || message !== undefined) return { message };
  return { message: `${subject.charAt(0).toUpperCase()}${subject.slice(1)} not found` };
}

export const hitl: Product = {
  id: 'hitl',
  name: 'HITL.sh',
  keys: {
    environments: {
      test: { prefix: 'hitl_test_', recognisedBy: 'hitl_test_' },
      live: { prefix: 'hitl_live_', recognisedBy: 'hitl_live_' },
    },
    alphabet: hexadecimal,
    bodyLength: 40,
    checkLength: 8,
    carriedIn: ['bearer'],
  },
  permissions: ['loops:read', 'loops:write', 'requests:read', 'requests:write'],
  jwt: { lifetimeSeconds: 7 * 86_400 },
  samplePath: '/v1/test',
  plans: {
    free: { label: 'Free', requests: 100 },
    pro: { label: 'Pro', requests: 1000 },
  },
  defaultPlan: 'free',
  limits: {
    requests: { subject: 'key', window: { kind: 'clockHour' }, quota: 'plan', applies: 'known' },
    strangers: { subject: 'address', window: { kind: 'clockHour' }, quota: 100, applies: 'stranger' },
    login: { subject: 'address', window: { kind: 'fixed', seconds: 900 }, quota: 100, applies: 'route' },
  },
  headerLimit: { known: 'requests', stranger: 'strangers' },
  bodyLimitBytes: 1_000_000,
  words: (code, data) => words(code, code === 'not_found' ? notFound(data) : data),
  envelope({ message, code, data, limit }) {
    if (code === 'rate_limited' && limit) {
      const { quota } = limit;
      return { error: true, msg: message, data: { usage_count: quota, usage_limit: quota, remaining: 0 } };
    }
    if (data.details !== undefined) return { error: true, msg: message, data: data.details };
    // A rule that was broken is told in words, beside a message that is always the same.
    if (code === 'validation') {
      const ofConfig = data.field === 'response_config';
      return {
        error: true,
        msg: ofConfig ? 'Invalid response configuration' : 'Validation failed',
        data: message,
      };
    }
    return { error: true, msg: message };
  },
};
