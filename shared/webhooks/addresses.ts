/** Addresses that events may be sent to, checked when they are given. What they resolve to is checked at each call. */
import { isIP } from 'node:net';
import type { Config } from '../config.js';
import { DomainError } from '../errors.js';
import { parseTarget } from '../http/outbound.js';
import { OutboundError } from '../http/outbound-request.js';
import { isCallable, parseRanges } from '../http/special-addresses.js';

/** Kept as given. Throws `validation`, naming `field`. */
export function parseWebhookUrl(
  config: Pick<Config, 'production' | 'outboundAllow'>,
  text: string,
  field = 'url',
): string {
  const refuse = (why: string) => new DomainError('validation', { field, message: `${field} ${why}` });
  if (text.length > 2_000) throw refuse('must have at most 2000 characters');
  try {
    const host = parseTarget(text, config.production).hostname.replace(/^\[|\]$/g, '');
    const allowed = parseRanges(config.outboundAllow);
    if (isIP(host) && !isCallable(host, allowed)) throw refuse('must be a public address');
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw refuse(
      error.problem === 'https_required'
        ? 'must be an https address'
        : 'must be an http or https address without a user name',
    );
  }
  return text;
}
