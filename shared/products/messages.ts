/**
 * Words that products share. A product names only what its documents say differently.
 */
import type { CommonErrorCode, ErrorCode, ErrorData } from '../errors.js';
import type { Message } from './product.js';

type Entry = readonly [status: number, type: string, message: string];

const common: Readonly<Record<CommonErrorCode, Entry>> = {
  credential_missing: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_malformed: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_unknown: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_revoked: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_disabled: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_expired: [401, 'unauthorized', 'Invalid or missing API key.'],
  credential_ambiguous: [400, 'invalid_request', 'Send one credential, not two.'],
  credential_wrong_kind: [401, 'unauthorized', 'Invalid or missing API key.'],
  account_disabled: [401, 'unauthorized', 'Invalid or missing API key.'],
  token_invalid: [401, 'invalid_token', 'The access token is invalid or has expired.'],
  access_denied: [403, 'access_denied', 'You may not do this.'],
  address_not_allowed: [403, 'address_not_allowed', 'This key may not be used from your address.'],
  consent_required: [403, 'consent_required', 'This person has not given your app access.'],
  insufficient_scope: [403, 'insufficient_scope', 'The access token lacks the scope that this needs.'],
  permission_missing: [403, 'permission_missing', "The API key doesn't have permission for this action."],
  plan_limit: [403, 'plan_limit', 'Your plan does not include this.'],
  already_registered: [409, 'already_registered', 'Already registered'],
  conflict: [409, 'conflict', 'This does not fit the present state.'],
  email_not_verified: [403, 'email_not_verified', 'Email not verified'],
  https_required: [403, 'https_required', 'HTTPS required'],
  idempotency_mismatch: [422, 'idempotency_mismatch', 'This Idempotency-Key was used with another request.'],
  idempotency_running: [409, 'idempotency_running', 'A request with this Idempotency-Key is still running.'],
  internal: [500, 'internal_error', 'Something went wrong on our side.'],
  malformed_body: [400, 'invalid_json', 'The body is not valid JSON.'],
  method_not_allowed: [405, 'method_not_allowed', 'This path does not know that method.'],
  not_found: [404, 'not_found', 'Not found.'],
  payload_too_large: [413, 'payload_too_large', 'The body is too large.'],
  rate_limited: [429, 'rate_limit_exceeded', 'Too many requests.'],
  unavailable: [503, 'unavailable', 'The service cannot answer right now. Please try again.'],
  unsupported_media_type: [415, 'unsupported_media_type', 'This content type is not accepted.'],
  upgrade_required: [426, 'upgrade_required', 'This address speaks WebSocket only.'],
  validation: [400, 'invalid_request', 'The request is not valid.'],
  wrong_password: [401, 'invalid_password', 'Invalid password'],
};

export type MessageTable = Partial<
  Record<ErrorCode, Partial<{ status: number; type: string; message: string }>>
>;

/** The common words with a product's own laid over them; a message in the error's data wins over both. */
export function messagesWith(own: MessageTable): (code: ErrorCode, data: ErrorData) => Message {
  return (code, data) => {
    const [status, type, message] = isCommon(code) ? common[code] : common.internal;
    const mine = own[code];
    return {
      status: mine?.status ?? status,
      type: mine?.type ?? type,
      message: data.message ?? mine?.message ?? message,
    };
  };
}

/** A code that is not common is one product's own, and the product gives its status, type and message itself. */
const isCommon = (code: ErrorCode): code is CommonErrorCode => code in common;
