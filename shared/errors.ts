/**
 * The closed list of things that can be wrong. Inside, an error is one of these codes plus data; each product
 * turns it into its own status and words at the edge (shared/products). A reason that is not in this list cannot
 * reach a client.
 */

/** Why a credential was not accepted. */
export type CredentialProblem =
  | 'credential_missing'
  | 'credential_malformed'
  | 'credential_unknown'
  | 'credential_revoked'
  | 'credential_disabled'
  | 'credential_expired'
  | 'credential_ambiguous'
  | 'credential_wrong_kind'
  | 'account_disabled'
  | 'token_invalid';

/** Why a known caller may not do this. */
export type AccessProblem =
  | 'access_denied'
  | 'address_not_allowed'
  | 'consent_required'
  | 'insufficient_scope'
  | 'permission_missing'
  | 'plan_limit';

/**
 * Codes that one product alone knows. A product adds its own by declaration merging, beside its definition in
 * `shared/products`, where it also gives them a status and a message.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface ProductErrorCodes {}

export type ErrorCode = CommonErrorCode | keyof ProductErrorCodes;

/** Codes with the same meaning in every product. */
export type CommonErrorCode =
  | CredentialProblem
  | AccessProblem
  | 'already_registered'
  | 'conflict'
  | 'email_not_verified'
  | 'https_required'
  | 'idempotency_mismatch'
  | 'idempotency_running'
  | 'internal'
  | 'malformed_body'
  | 'method_not_allowed'
  | 'not_found'
  | 'payload_too_large'
  | 'rate_limited'
  | 'unavailable'
  | 'unsupported_media_type'
  | 'upgrade_required'
  | 'validation'
  | 'wrong_password';

export interface ErrorData {
  /** Public text that replaces the product's own; never internal detail. */
  message?: string;
  /** The member of the request that is wrong. */
  field?: string;
  /** What kind of thing was not found or not allowed ("Loop", "task"). */
  subject?: string;
  /** The scope or permission that was needed. */
  needed?: string;
  /** Methods that the path knows, for 405. */
  allow?: string[];
  /** Seconds until it makes sense to try again. */
  retryAfterSeconds?: number;
  /** Members that a product's envelope shows beside the message. */
  details?: Record<string, unknown>;
}

/**
 * An expected failure, thrown by domain functions and turned into a message by the product's envelope. It has no
 * stack: a refusal is a response like any other, and collecting the stack costs more than writing the response.
 */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData = {}) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(data.message ?? code);
    Error.stackTraceLimit = limit;
    this.code = code;
    this.data = data;
    this.name = 'DomainError';
  }
}
