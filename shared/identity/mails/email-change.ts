/** Mails about another address for an account: to the new one, which must confirm, and to the old one, which is told. */

import { pageUrls } from '../../http/page-urls.js';
import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** To the new address: the link that makes it the account's. */
export function confirmNewAddressMail(services: Services, link: string, origin: Origin): MailContent {
  return {
    subject: 'Confirm your new email address',
    ...renderMail({
      title: 'Confirm your new email address',
      paragraphs: [
        'Somebody wants to sign in to their account with this address from now on.',
        'If it was you, confirm it. The link works once, for 24 hours; until then nothing changes.',
      ],
      button: { label: 'Confirm the address', url: link },
      footer: askedFooter(services, origin, 'If it was not you, do not open the link.'),
    }),
  };
}

/** To the new address, when another account has it already. The one who asked is not told. */
export function addressTakenMail(services: Services, origin: Origin): MailContent {
  return {
    subject: 'This address has an account already',
    ...renderMail({
      title: 'This address has an account already',
      paragraphs: [
        'Somebody wants to use this address for another account of theirs, but it has one already. Nothing was changed.',
        'If it was you, sign in to the account that has this address and change or erase it first.',
      ],
      button: { label: 'Sign in', url: pageUrls.signIn(services.config) },
      footer: askedFooter(services, origin, 'If it was not you, there is nothing to do.'),
    }),
  };
}

/** To the old address, while there is still time to stop it. */
export function addressChangeAskedMail(services: Services, newEmail: string, origin: Origin): MailContent {
  return {
    subject: 'Your email address is about to change',
    ...renderMail({
      title: 'Your email address is about to change',
      paragraphs: [
        `Somebody who is signed in to your account asked to change its address to ${newEmail}. It changes once the link that we sent there is opened.`,
        'If it was not you, choose a new password now: that stops it and signs everybody out.',
      ],
      button: { label: 'Choose a new password', url: pageUrls.forgot(services.config) },
      footer: askedFooter(services, origin, 'If it was you, there is nothing to do here.'),
    }),
  };
}

/** To the old address, once it has changed. */
export function addressChangedMail(services: Services, newEmail: string, origin: Origin): MailContent {
  const { supportEmail } = services.config;
  const help =
    supportEmail === undefined ? 'tell the people who run this service' : `write to ${supportEmail}`;
  return {
    subject: 'Your email address was changed',
    ...renderMail({
      title: 'Your email address was changed',
      paragraphs: [
        `Your account has the address ${newEmail} now. Mails about it go there, and this address does not sign you in any more.`,
      ],
      footer: askedFooter(services, origin, `If it was not you, ${help} at once.`),
    }),
  };
}
