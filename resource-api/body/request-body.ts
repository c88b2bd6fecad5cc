/**
 * Reads a request's JSON body, its text kept beside it: an `Idempotency-Key` holds for the bytes that were sent.
 */
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../shared/errors.js';
import { type JsonObject, parseJsonObject, readText } from '../../shared/http/body.js';

export interface RequestBody {
  text: string;
  /** undefined for an empty body. */
  value: JsonObject | undefined;
}

const form = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const json = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** `takesForm`: the route is a page whose form is read as well. Throws `payload_too_large`, `malformed_body`, `unsupported_media_type`. */
export async function readRequestBody(
  req: IncomingMessage,
  limitBytes: number,
  { takesForm = false } = {},
): Promise<RequestBody> {
  const text = await readText(req, limitBytes);
  if (text.trim() === '') return { text, value: undefined };
  const type = req.headers['content-type'];
  if (takesForm && type !== undefined && form.test(type)) {
    return { text, value: Object.fromEntries(new URLSearchParams(text)) };
  }
  if (type !== undefined && !json.test(type)) {
    throw new DomainError('unsupported_media_type', { message: 'Send the body as application/json' });
  }
  return { text, value: parseJsonObject(text) };
}
