/**
 * Reads a request's JSON body, its text kept beside it: an `Idempotency-Key` holds for the bytes that were sent.
 */
import type { IncomingMessage } from 'node:http';
import { type JsonObject, parseJsonObject, readText } from '../shared/body.js';
import { DomainError } from '../shared/errors.js';

export interface RequestBody {
  text: string;
  /** undefined for an empty body. */
  value: JsonObject | undefined;
}

const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Throws `payload_too_large`, `malformed_body`, `unsupported_media_type`. */
export async function readRequestBody(req: IncomingMessage, limitBytes: number): Promise<RequestBody> {
  const text = await readText(req, limitBytes);
  if (text.trim() === '') return { text, value: undefined };
  const type = req.headers['content-type'];
  if (type !== undefined && !json.test(type)) {
    throw new DomainError('unsupported_media_type', { message: 'Send the body as application/json' });
  }
  return { text, value: parseJsonObject(text) };
}
