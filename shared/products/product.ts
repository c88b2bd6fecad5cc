/**
 * What a product is: facts and words, no behaviour. A new product is one file of this shape, one folder of
 * routes, and a line in each of the two lists.
 */

import type { KeyFormat } from '../crypto/key-format.js';
import type { DomainError, ErrorCode, ErrorData } from '../errors.js';

/** One of the ids in the list of products (shared/products/index). */
export type ProductId = string;

/** `fixed` starts with the first call; `clockHour` ends at the top of each UTC hour. */
export type LimitWindow = { kind: 'fixed'; seconds: number } | { kind: 'clockHour' };

export interface LimitDefinition {
  /** Whom it counts. `key` means the account for callers without a key; `emailAndAddress` the email of
   * the body from one IP address, so that others do not use up what its owner may do. */
  subject: 'address' | 'key' | 'account' | 'emailAndAddress';
  window: LimitWindow;
  /** Calls per window; `plan` takes the plan's `requests`. */
  quota: number | 'plan';
  /** `always`: every call. `known`: callers whose credential is good. `stranger`: all others. `route`: routes that name it. */
  applies: 'always' | 'known' | 'stranger' | 'route';
}

export interface PlanDefinition {
  label: string;
  /** Calls per window of the product's request limit. */
  requests: number;
  concurrentTasks?: number;
  /** People whose consent counts; `Infinity` for unlimited. */
  humans?: number;
  concurrentSessions?: number;
  ipAllowlist?: boolean;
}

export interface ScopeDefinition {
  /** One plain sentence for the consent page. */
  words: string;
  /** What the app would see or do, as an example. */
  example: string;
  /** Whether the app reads something or acts; the consent page groups by it. */
  kind: 'see' | 'do';
}

export interface OAuthDefinition {
  scopes: Readonly<Record<string, ScopeDefinition>>;
  /** Asked for when a request names no scope (RFC 6749 section 3.3). */
  defaultScope: string;
  /** The scopes that metadata names (RFC 9728 section 2), for clients that ask for all of them; all if not given. */
  advertisedScopes?: readonly string[];
  /** Paths below the resource that name the same resource in `resource` (RFC 8707). */
  resourceAliases?: readonly string[];
  /** A scope that stands for all of them, if the product knows one. */
  wildcard?: string;
  accessTokenPrefix: string;
  refreshTokenPrefix: string;
  /**
   * Whether the token response names the person and always the scope (HaaS), has the bare four members and the
   * scope only where it differs from what was asked, or always has the scope (RFC 6749 section 5.1).
   */
  tokenResponse: 'person' | 'bare' | 'standard';
  /** Whose account a token acts for: the app owner's, or that of the person who consented. */
  actsFor?: 'owner' | 'person';
  /** Whether only a person who takes tasks can consent. */
  needsHuman: boolean;
  /** The duration that the consent page preselects, by whether the app's host is verified. */
  preselectedDuration: Readonly<Record<'verified' | 'unverified', 'once' | '30d' | 'always'>>;
  /** Remembered consent and live grants lapse after this long without use; undefined for never. */
  dormantSeconds?: number;
}

export interface JwtDefinition {
  lifetimeSeconds: number;
  /** A cookie that carries the token for browsers, beside the header. */
  cookie?: string;
}

export interface Message {
  status: number;
  type: string;
  message: string;
}

/** What a client is told, before the product's envelope is put around it. */
export interface PublicError extends Message {
  code: ErrorCode;
  data: ErrorData;
  requestId: string;
  /** Set on a 429: whole seconds until the window ends, and what the window counts. */
  limit?: { retryAfterSeconds: number; quota: number; used: number };
}

export interface Product {
  id: ProductId;
  name: string;
  keys: KeyFormat & {
    carriedIn: readonly ('bearer' | 'x-api-key')[];
    /** Whose keys they are, where that is not a person. */
    ownedBy?: 'agent';
    /** Where a mailed link to a new key leads, under the product's path; for keys of agents. */
    recoveryPath?: string;
    /** Seconds that a rolled key lives on when nobody says otherwise; a day if not given. */
    rollGraceSeconds?: number;
  };
  /** Permissions that a key may be narrowed to; undefined when keys know none. */
  permissions?: readonly string[];
  oauth?: OAuthDefinition;
  jwt?: JwtDefinition;
  /** A documented path that a key can GET; the console shows it as a command to try a new key with. */
  samplePath: string;
  plans: Readonly<Record<string, PlanDefinition>>;
  defaultPlan: string;
  limits: Readonly<Record<string, LimitDefinition>>;
  /** The limit whose figures stand in `X-RateLimit-*`; undefined when the product documents no such headers. */
  headerLimit?: { known: string; stranger: string };
  /** WebSockets that one key (or account, for callers without a key) may hold open; undefined for any number. */
  connections?: number;
  /** Bytes that a body may have where the route does not say otherwise. */
  bodyLimitBytes: number;
  words(code: ErrorCode, data: ErrorData): Message;
  /** The JSON body around an error. */
  envelope(error: PublicError): unknown;
}

/** Puts an error into the product's words. */
export function publicError(product: Product, error: DomainError, requestId: string): PublicError {
  const words = product.words(error.code, error.data);
  return { ...words, code: error.code, data: error.data, requestId };
}
