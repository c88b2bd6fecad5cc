/**
 * The MCP server as a product: one resource at which any MCP client asks people, with OAuth tokens that act for the
 * person who signed in, and with API keys for agents that have no browser.
 */

import { base62 } from '../crypto/key-format.js';
import type { ErrorCode } from '../errors.js';
import { messagesWith } from './messages.js';
import type { Product } from './product.js';

export const readScope = 'humans:read';
export const askScope = 'humans:ask';
export const payScope = 'humans:pay';

export const mcp: Product = {
  id: 'mcp',
  name: 'MCP',
  keys: {
    environments: {
      test: { prefix: 'mcp_test_sk_', recognisedBy: 'mcp_test_' },
      live: { prefix: 'mcp_live_sk_', recognisedBy: 'mcp_live_' },
    },
    alphabet: base62,
    bodyLength: 36,
    checkLength: 6,
    carriedIn: ['bearer'],
  },
  permissions: [readScope, askScope, payScope],
  oauth: {
    scopes: {
      [readScope]: {
        words: 'See the people you can reach and the requests that this app made for you.',
        example: 'The names of people who take tasks for you, your review loops, and their replies.',
        kind: 'see',
      },
      [askScope]: {
        words: 'Ask people questions and send them tasks for you.',
        example:
          '"Is this invoice genuine?" to your review loop, or "Call the hotel" to a person who agreed.',
        kind: 'do',
      },
      [payScope]: {
        words: 'Post paid tasks and settle them with your balance.',
        example: 'A $5 task is posted, and the worker is paid once the proof is approved.',
        kind: 'do',
      },
    },
    defaultScope: `${readScope} ${askScope}`,
    advertisedScopes: [readScope, askScope],
    resourceAliases: ['/test'],
    accessTokenPrefix: 'mcp_at_',
    refreshTokenPrefix: 'mcp_rt_',
    tokenResponse: 'standard',
    actsFor: 'person',
    needsHuman: false,
    preselectedDuration: { verified: 'always', unverified: '30d' },
  },
  samplePath: '/tools',
  plans: {
    free: { label: 'Free', requests: 60 },
    pro: { label: 'Pro', requests: 300 },
  },
  defaultPlan: 'free',
  limits: {
    requests: { subject: 'account', window: { kind: 'fixed', seconds: 60 }, quota: 'plan', applies: 'known' },
    strangers: { subject: 'address', window: { kind: 'fixed', seconds: 60 }, quota: 60, applies: 'stranger' },
  },
  headerLimit: { known: 'requests', stranger: 'strangers' },
  bodyLimitBytes: 262_144,
  words: messagesWith({
    credential_missing: { message: 'Sign in, or send an API key as a Bearer credential.' },
    credential_unknown: { message: 'The credential is not valid here.' },
    credential_wrong_kind: { message: 'The credential is not valid here.' },
    validation: { type: 'invalid_params' },
  }),
  /** A JSON-RPC error without an id: the request was refused before it was read as JSON-RPC. */
  envelope({ code, type, message, data, limit, requestId }) {
    const field = data.field === undefined ? {} : { field: data.field };
    const retry = limit === undefined ? {} : { retry_after: limit.retryAfterSeconds };
    const error = {
      code: rpcCodes[code] ?? serverError,
      message,
      data: { code: type, ...field, ...retry, request_id: requestId },
    };
    return { jsonrpc: '2.0', id: null, error };
  },
};

/** JSON-RPC 2.0 section 5.1: the range that servers define themselves. */
const serverError = -32_000;

const rpcCodes: Partial<Record<ErrorCode, number>> = {
  malformed_body: -32_700,
  validation: -32_600,
  internal: -32_603,
};
