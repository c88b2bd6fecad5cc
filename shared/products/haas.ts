/**
 * HaaS, Human as a Service: keys for test and live, consent of a human by OAuth, limits by plan and account.
 */
import { base62 } from '../crypto/key-format.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

declare module '../errors.js' {
  interface ProductErrorCodes {
    concurrent_tasks_exceeded: true;
    human_making_tea: true;
    human_on_break: true;
    human_unavailable: true;
    human_unsuited: true;
  }
}

const thirtyDays = 30 * 86_400;

export const haas: Product = {
  id: 'haas',
  name: 'HaaS',
  keys: {
    environments: {
      test: { prefix: 'haas_test_sk_', recognisedBy: 'haas_test_' },
      live: { prefix: 'haas_live_sk_', recognisedBy: 'haas_live_' },
    },
    alphabet: base62,
    bodyLength: 36,
    checkLength: 6,
    carriedIn: ['bearer'],
  },
  oauth: {
    scopes: {
      'status:read': {
        words: 'See your status, energy, mood and whether you are available.',
        example: 'Energy 0.7 and rising, focused, at a desk, open to new tasks.',
        kind: 'see',
      },
      'tasks:dispatch': {
        words: 'Send you tasks to do.',
        example: '"Pick up a parcel at the station by 6 pm", with a deadline and a reward. You can decline.',
        kind: 'do',
      },
      'tasks:read': {
        words: 'See the tasks you did for this app and how they went.',
        example: '14 tasks completed, one declined, answered after 3 minutes on average.',
        kind: 'see',
      },
      'communication:realtime': {
        words: 'Follow what happens to its tasks while it happens.',
        example: '"Started 10:02", "paused 10:15", as a live feed.',
        kind: 'see',
      },
      'profile:read': {
        words: 'See your profile: skills and preferences.',
        example: 'Skills: photography, Spanish. Prefers outdoor tasks.',
        kind: 'see',
      },
    },
    defaultScope: 'status:read',
    wildcard: '*',
    accessTokenPrefix: 'haas_at_',
    refreshTokenPrefix: 'haas_rt_',
    tokenResponse: 'person',
    needsHuman: true,
    preselectedDuration: { verified: 'always', unverified: 'always' },
    dormantSeconds: thirtyDays,
  },
  jwt: { lifetimeSeconds: 7 * 86_400 },
  samplePath: '/v1/tasks',
  plans: {
    free: { label: 'Free', requests: 60, concurrentTasks: 5, humans: 3 },
    pro: { label: 'Pro', requests: 300, concurrentTasks: 25, humans: 20 },
    enterprise: {
      label: 'Enterprise',
      requests: 1000,
      concurrentTasks: 100,
      humans: Number.POSITIVE_INFINITY,
      ipAllowlist: true,
    },
  },
  defaultPlan: 'free',
  limits: {
    requests: { subject: 'account', window: { kind: 'fixed', seconds: 60 }, quota: 'plan', applies: 'known' },
    strangers: { subject: 'address', window: { kind: 'fixed', seconds: 60 }, quota: 60, applies: 'stranger' },
    login: { subject: 'address', window: { kind: 'fixed', seconds: 900 }, quota: 100, applies: 'route' },
  },
  headerLimit: { known: 'requests', stranger: 'strangers' },
  connections: 10,
  bodyLimitBytes: 1_000_000,
  words: messagesWith({
    concurrent_tasks_exceeded: {
      status: 429,
      type: 'concurrent_tasks_exceeded',
      message: 'Too many tasks are open at once for your plan.',
    },
    human_making_tea: {
      status: 418,
      type: 'making_tea',
      message: 'The human is making tea. Please try again when it has steeped.',
    },
    human_on_break: {
      status: 420,
      type: 'enhance_your_calm',
      message: 'The human is on a scheduled break. Enhance your calm.',
    },
    human_unavailable: {
      status: 503,
      type: 'human_unavailable',
      message: 'The human cannot take tasks right now.',
    },
    human_unsuited: {
      status: 421,
      type: 'misdirected_request',
      message: 'The human lacks a skill that this task needs.',
    },
    credential_missing: { message: 'Invalid or missing API key.' },
    rate_limited: { message: 'Slow down. Even machines benefit from patience.' },
    wrong_password: { message: 'Invalid email or password.' },
  }),
  envelope({ status, type, message, code, data, limit, requestId }) {
    if (code === 'rate_limited' && limit) {
      const suggestion = 'Consider batching requests or upgrading your plan.';
      return { error: { code: status, type, message, retry_after: limit.retryAfterSeconds, suggestion } };
    }
    const field = data.field === undefined ? {} : { field: data.field };
    return { error: { code: status, type, message, ...field, ...data.details, request_id: requestId } };
  },
};
