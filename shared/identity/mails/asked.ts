/**
 * The small print of mails about an account: who asked, from where, and what to do if it was somebody else. None
 * of its words are the asker's own: a name or a user agent is a text that a stranger can choose, and a mail to an
 * address that was never confirmed is a way to have it delivered.
 */
import { describeDevice } from '../../http/device.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';

type Scene = Pick<Services, 'config' | 'clock'>;

/** "12 March 2026 at 09:41 UTC" */
export function momentInWords(at: Date): string {
  const day = at.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return `${day} at ${at.toISOString().slice(11, 16)} UTC`;
}

/** The footer of a mail that someone's request caused. */
export function askedFooter({ config, clock }: Scene, origin: Origin, ifNotYou: string): string {
  const from = origin.address === undefined ? '' : ` from ${origin.address}`;
  const device = origin.userAgent === undefined ? '' : ` (${describeDevice(origin.userAgent)})`;
  const help = config.supportEmail === undefined ? '' : ` Questions: ${config.supportEmail}.`;
  return `Asked for on ${momentInWords(clock.now())}${from}${device}. ${ifNotYou} Sent by Latchkey at ${config.issuer}.${help}`;
}
