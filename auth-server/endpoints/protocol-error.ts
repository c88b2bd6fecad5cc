/**
 * The error that oidc-provider threw while it handled a request. The library turns it into a response itself and
 * reports it by an event; decisions are made by the error, since the response depends on what the caller reads.
 */
import type { Context } from 'koa';

/** The members of the library's errors that are used here. */
export interface ProtocolError extends Error {
  /** The code of RFC 6749 section 5.2. */
  error?: string;
  /** The internal reason; for logs alone. */
  error_detail?: string;
}

export function noteProtocolError(ctx: Context, error: ProtocolError): void {
  ctx.state.protocolError = error;
}

/** undefined when the request was handled without an error. */
export function protocolErrorOf(ctx: Context): ProtocolError | undefined {
  return ctx.state.protocolError;
}
