/**
 * AgentHuman: developers sign in by one-time code and hold a JWT, their programs hold a key in `x-api-key`.
 */
import { base36 } from '../crypto/key-format.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

const invalid = { message: 'Invalid API key' };
const revoked = { message: 'API key has been revoked' };

declare module '../errors.js' {
  interface ProductErrorCodes {
    concurrent_sessions_exceeded: true;
  }
}

export const agenthuman: Product = {
  id: 'agenthuman',
  name: 'AgentHuman',
  keys: {
    environments: {
      test: { prefix: 'ah_test_', recognisedBy: 'ah_test_' },
      live: { prefix: 'ah_live_', recognisedBy: 'ah_live_' },
    },
    alphabet: base36,
    bodyLength: 25,
    checkLength: 7,
    carriedIn: ['x-api-key'],
  },
  jwt: { lifetimeSeconds: 7 * 86_400, cookie: 'agenthuman_session' },
  samplePath: '/v1/sessions',
  plans: {
    free: { label: 'Free', requests: 60, concurrentSessions: 1 },
    explorer: { label: 'Explorer', requests: 60, concurrentSessions: 5 },
    growth: { label: 'Growth', requests: 60, concurrentSessions: 10 },
    pro: { label: 'Pro', requests: 60, concurrentSessions: 20 },
  },
  defaultPlan: 'free',
  limits: {
    requests: { subject: 'key', window: { kind: 'fixed', seconds: 60 }, quota: 60, applies: 'known' },
    strangers: { subject: 'address', window: { kind: 'fixed', seconds: 60 }, quota: 60, applies: 'stranger' },
    oneTimeCodes: {
      subject: 'emailAndAddress',
      window: { kind: 'fixed', seconds: 3600 },
      quota: 3,
      applies: 'route',
    },
  },
  bodyLimitBytes: 1_000_000,
  words: messagesWith({
    credential_missing: { message: 'API key required' },
    credential_malformed: invalid,
    credential_unknown: invalid,
    credential_disabled: revoked,
    credential_revoked: revoked,
    credential_expired: revoked,
    credential_wrong_kind: { message: 'Authentication required' },
    account_disabled: invalid,
    token_invalid: { message: 'Invalid token' },
    concurrent_sessions_exceeded: {
      status: 429,
      type: 'concurrent_sessions_exceeded',
      message: 'Concurrent session limit reached for your plan',
    },
    wrong_password: { message: 'Invalid or expired code' },
    not_found: { message: 'Not found' },
    rate_limited: { message: 'Rate limit exceeded' },
  }),
  envelope({ message, data, limit }) {
    const field = data.field === undefined ? {} : { field: data.field };
    const retry = limit === undefined ? {} : { retry_after: limit.retryAfterSeconds };
    return { success: false, error: message, ...field, ...retry, ...data.details };
  },
};
