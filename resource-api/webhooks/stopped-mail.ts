/** Tells an account's owner that an endpoint gets nothing any more. */
import { findAccountContact } from '../../shared/identity/account-contacts.js';
import { queueMail } from '../../shared/mail/mail.js';
import { renderMail } from '../../shared/mail/template-layout.js';
import type { Services } from '../../shared/services.js';
import type { LaneEndpoint } from './lanes.js';

export async function mailEndpointStopped(
  tx: Services,
  endpoint: LaneEndpoint,
  reason: 'failing' | 'gone',
): Promise<void> {
  const contact = await findAccountContact(tx, endpoint.accountId);
  if (!contact) return;
  const address = endpoint.url ?? 'your callback addresses';
  const paragraphs =
    reason === 'failing'
      ? [
          `Every attempt to deliver events to ${address} has failed for three days, so we have paused this endpoint (${endpoint.id}).`,
          'New events are kept for three days from now on. Once your receiver answers again, set the endpoint to active: what is still kept is delivered then, and older events can be replayed from the delivery log.',
        ]
      : [
          `${address} answered 410 Gone, which asks us never to call it again, so we have switched this endpoint (${endpoint.id}) off.`,
          'If that was not meant, set the endpoint to active and replay what it missed from the delivery log.',
        ];
  const title = reason === 'failing' ? 'A webhook endpoint is paused' : 'A webhook endpoint is switched off';
  const footer = `You get this mail because ${contact.email} owns the endpoint.`;
  await queueMail(tx, { to: contact.email, subject: title, ...renderMail({ title, paragraphs, footer }) });
}
