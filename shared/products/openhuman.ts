/**
 * OpenHuman: keys that act with all scopes unless narrowed, OAuth tokens with the scopes that the person left on.
 */
import { base62 } from '../crypto/key-format.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

const invalidKey = { type: 'invalid_api_key', message: 'API key is invalid or expired' };

export const openhuman: Product = {
  id: 'openhuman',
  name: 'OpenHuman',
  keys: {
    environments: { live: { prefix: 'sk_', recognisedBy: 'sk_' } },
    alphabet: base62,
    bodyLength: 36,
    checkLength: 6,
    carriedIn: ['bearer'],
  },
  permissions: ['read', 'write', 'delete', 'admin'],
  oauth: {
    scopes: {
      read: {
        words: 'See your agents and account.',
        example: 'The names and instructions of your agents.',
        kind: 'see',
      },
      write: {
        words: 'Create and change your agents.',
        example: 'A new agent, or another model for an old one.',
        kind: 'do',
      },
      delete: {
        words: 'Delete your agents.',
        example: 'An agent is gone for good, with its instructions.',
        kind: 'do',
      },
      admin: {
        words: 'Manage your API keys and plan.',
        example: 'A new key that acts for you, or an old one ended.',
        kind: 'do',
      },
    },
    defaultScope: 'read',
    accessTokenPrefix: 'at_',
    refreshTokenPrefix: 'rt_',
    tokenResponse: 'bare',
    needsHuman: false,
    preselectedDuration: { verified: 'always', unverified: '30d' },
  },
  samplePath: '/v1/agents',
  plans: {
    free: { label: 'Free', requests: 60 },
    pro: { label: 'Pro', requests: 300 },
    team: { label: 'Team', requests: 1000 },
  },
  defaultPlan: 'free',
  limits: {
    requests: { subject: 'account', window: { kind: 'fixed', seconds: 60 }, quota: 'plan', applies: 'known' },
    strangers: { subject: 'address', window: { kind: 'fixed', seconds: 60 }, quota: 60, applies: 'stranger' },
  },
  headerLimit: { known: 'requests', stranger: 'strangers' },
  bodyLimitBytes: 1_000_000,
  words: messagesWith({
    credential_missing: invalidKey,
    credential_malformed: invalidKey,
    credential_unknown: invalidKey,
    credential_revoked: invalidKey,
    credential_disabled: invalidKey,
    credential_expired: invalidKey,
    credential_wrong_kind: invalidKey,
    account_disabled: invalidKey,
    permission_missing: {
      type: 'insufficient_scope',
      message: 'The API key lacks the scope that this needs.',
    },
    malformed_body: { type: 'invalid_request' },
    idempotency_mismatch: { type: 'invalid_request' },
    idempotency_running: { type: 'invalid_request' },
    payload_too_large: { type: 'invalid_request' },
    unsupported_media_type: { type: 'invalid_request' },
    method_not_allowed: { type: 'invalid_request' },
    not_found: { type: 'resource_not_found', message: 'The resource does not exist' },
    rate_limited: { type: 'rate_limit', message: 'Too many requests' },
  }),
  envelope({ status, type, message, data }) {
    const field = data.field === undefined ? {} : { field: data.field };
    return { error: { code: type, message, status, ...field, ...data.details } };
  },
};
