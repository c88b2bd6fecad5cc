/**
 * HumanPing: agents with an API key ask, workers with a JWT answer. No test keys, no OAuth.
 */
import { base62 } from '../crypto/key-format.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

const keyProblem = { message: 'Missing or invalid API key' };

declare module '../errors.js' {
  interface ProductErrorCodes {
    insufficient_balance: true;
  }
}

export const humanping: Product = {
  id: 'humanping',
  name: 'HumanPing',
  keys: {
    environments: { live: { prefix: 'hp_live_', recognisedBy: 'hp_live_' } },
    alphabet: base62,
    bodyLength: 36,
    checkLength: 6,
    carriedIn: ['bearer', 'x-api-key'],
    ownedBy: 'agent',
    recoveryPath: '/api/v1/agents/recover-key',
    rollGraceSeconds: 0,
  },
  jwt: { lifetimeSeconds: 7 * 86_400 },
  samplePath: '/api/v1/tasks',
  plans: { standard: { label: 'Standard', requests: 100 } },
  defaultPlan: 'standard',
  limits: {
    global: { subject: 'address', window: { kind: 'fixed', seconds: 60 }, quota: 100, applies: 'always' },
    taskCreation: { subject: 'key', window: { kind: 'fixed', seconds: 60 }, quota: 30, applies: 'route' },
    agentRegistration: {
      subject: 'address',
      window: { kind: 'fixed', seconds: 3600 },
      quota: 20,
      applies: 'route',
    },
    workerRegistration: {
      subject: 'address',
      window: { kind: 'fixed', seconds: 3600 },
      quota: 20,
      applies: 'route',
    },
    login: { subject: 'address', window: { kind: 'fixed', seconds: 900 }, quota: 10, applies: 'route' },
    verificationMail: {
      subject: 'emailAndAddress',
      window: { kind: 'fixed', seconds: 3600 },
      quota: 3,
      applies: 'route',
    },
  },
  bodyLimitBytes: 1_000_000,
  words: messagesWith({
    insufficient_balance: { status: 402, type: 'insufficient_balance', message: 'Insufficient balance' },
    credential_missing: keyProblem,
    credential_malformed: keyProblem,
    credential_unknown: keyProblem,
    credential_revoked: keyProblem,
    credential_disabled: keyProblem,
    credential_expired: keyProblem,
    credential_wrong_kind: keyProblem,
    account_disabled: keyProblem,
    token_invalid: keyProblem,
    rate_limited: { message: 'Rate limited' },
  }),
  envelope({ message, data, limit }) {
    const field = data.field === undefined ? {} : { field: data.field };
    const retry = limit === undefined ? {} : { retry_after_seconds: limit.retryAfterSeconds };
    return { error: message, ...field, ...retry, ...data.details };
  },
};
