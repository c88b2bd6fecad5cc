import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** The last mail to an address whose account was erased. */
export function accountErasedMail(services: Services, origin: Origin): MailContent {
  return {
    subject: 'Your account is erased',
    ...renderMail({
      title: 'Your account is erased',
      paragraphs: [
        'Your name, your address, your profile and your mails are gone. Your keys, your apps and your connections have ended.',
        'This cannot be undone. The audit trail keeps what was done, without who did it. This is our last mail to you.',
      ],
      footer: askedFooter(
        services,
        origin,
        'If it was not you, somebody else knows your password: change it wherever you use it.',
      ),
    }),
  };
}
