/** Tells an account's owner that an endpoint gets nothing any more. */
import { mailAccount } from '../../shared/identity/people/contacts.js';
import { renderMail } from '../../shared/mail/template-layout.js';
import type { Services } from '../../shared/services.js';
import type { LaneEndpoint } from './lanes.js';

export async function mailEndpointStopped(
  tx: Services,
  { id, url, accountId }: LaneEndpoint,
  reason: 'failing' | 'gone',
): Promise<void> {
  const { title, paragraphs } = reason === 'failing' ? pausedWords(id, url) : goneWords(id, url);
  await mailAccount(tx, accountId, ({ email }) => ({
    subject: title,
    ...renderMail({ title, paragraphs, footer: `You get this mail because ${email} owns the endpoint.` }),
  }));
}

const pausedWords = (id: string, url: string | null) => ({
  title: 'A webhook endpoint is paused',
  paragraphs: [
    `Every attempt to deliver events to ${url} has failed for three days, so we have paused this endpoint (${id}).`,
    'New events are kept for three days each. Once your receiver answers again, set the endpoint to active: what is still kept is delivered then, and older events can be replayed from the delivery log.',
  ],
});

const goneWords = (id: string, url: string | null) => ({
  title: 'A webhook endpoint is switched off',
  paragraphs: [
    `${url} answered 410 Gone, which asks us never to call it again, so we have switched this endpoint (${id}) off.`,
    'If that was not meant, set the endpoint to active and replay what it missed from the delivery log.',
  ],
});
