/**
 * URLs that events may be sent to, checked when they are given, so that their owner learns at once what can never
 * work. What a name resolves to is checked again at each call.
 */
import { isIP } from 'node:net';
import type { Config } from '../config.js';
import { DomainError } from '../errors.js';
import { parseTarget } from '../http/outbound.js';
import { OutboundError } from '../http/outbound-request.js';
import { isCallable, parseRanges } from '../http/special-addresses.js';

const maximumLength = 2_000;

/** Kept as given. Throws `validation`, naming `field`. */
export function parseWebhookUrl(
  config: Pick<Config, 'production' | 'outboundAllow'>,
  text: string,
  field = 'url',
): string {
  const refuse = (why: string) => new DomainError('validation', { field, message: `${field} ${why}` });
  if (text.length > maximumLength) throw refuse(`must have at most ${maximumLength} characters`);
  // The URL parser drops line breaks and tabs without a word: what is called would not be what was given.
  if (/[\s\p{C}]/u.test(text)) throw refuse('must not contain spaces, line breaks or control characters');
  try {
    const { hostname } = parseTarget(text, config.production);
    if (!isPublicHost(hostname, config.outboundAllow)) {
      throw refuse(
        'must be a public address; a private one can be called only if the OUTBOUND_ALLOW of this server contains it',
      );
    }
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

/** Names for this machine (RFC 6761 section 6.3). */
const loopbackName = /(?:^|\.)localhost$/;

/** Names that no public DNS knows: one label alone, and the suffixes of private networks (RFC 6762, RFC 8375). */
const privateName = /^[^.]*$|\.(?:local|internal|localdomain|home\.arpa|intranet|private|corp|home|lan)$/;

/**
 * Whether a host may be called as far as its name tells. A private name is taken where the operator allows private
 * addresses at all; which of them it has is known only when it is called.
 */
function isPublicHost(hostname: string, outboundAllow: readonly string[]): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  const allowed = parseRanges(outboundAllow);
  if (isIP(host)) return isCallable(host, allowed);
  if (loopbackName.test(host)) return ['127.0.0.1', '::1'].some((address) => isCallable(address, allowed));
  return !privateName.test(host) || allowed.length > 0;
}
