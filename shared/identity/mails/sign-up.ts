/** What someone gets who signs up, or whose address somebody signs up with. */

import { pageUrls } from '../../http/page-urls.js';
import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** The link that shows the address to be theirs. */
export function verificationMail(
  services: Services,
  link: string,
  origin: Origin,
  /** Six digits that do the same in the browser that signed up. */
  code?: string,
): MailContent {
  return {
    subject: 'Confirm your email address',
    ...renderMail({
      title: 'Confirm your email address',
      paragraphs: [
        'Somebody made an account with this address. If it was you, confirm that the address is yours.',
        code === undefined
          ? 'The link works once, for 24 hours.'
          : 'The link works once, for 24 hours. Or type this code where you signed up, within ten minutes:',
      ],
      code,
      button: { label: 'Confirm the address', url: link },
      footer: askedFooter(
        services,
        origin,
        'If it was not you, do not open the link: without it the account cannot be used.',
      ),
    }),
  };
}

/** For the owner of an account that exists, when its address is used to sign up again. */
export function knownAddressMail(services: Services, origin: Origin): MailContent {
  return {
    subject: 'You already have an account',
    ...renderMail({
      title: 'You already have an account',
      paragraphs: [
        'Somebody tried to make an account with this address, but it has one already. Nothing was changed.',
        `If it was you, just sign in. If you forgot your password, choose a new one at ${pageUrls.forgot(services.config)}`,
      ],
      button: { label: 'Sign in', url: pageUrls.signIn(services.config) },
      footer: askedFooter(services, origin, 'If it was not you, there is nothing to do.'),
    }),
  };
}

/**
 * For an address whose account was never confirmed. The password of that account may be a stranger's, who signed
 * up first: the link leads to a new one.
 */
export function unfinishedSignUpMail(services: Services, link: string, origin: Origin): MailContent {
  return {
    subject: 'Finish your sign-up',
    ...renderMail({
      title: 'Finish your sign-up',
      paragraphs: [
        'Somebody made an account with this address, and it was never confirmed.',
        'If it is yours, choose a password for it; that also confirms the address. The link works once, for 30 minutes.',
      ],
      button: { label: 'Choose a password', url: link },
      footer: askedFooter(services, origin, 'If it was not you, do not open the link.'),
    }),
  };
}
