/** Mails about a password. */

import { pageUrls } from '../../http/page-urls.js';
import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** The link to choose a new password. */
export function passwordResetMail(services: Services, link: string, origin: Origin): MailContent {
  return {
    subject: 'Choose a new password',
    ...renderMail({
      title: 'Choose a new password',
      paragraphs: [
        'Somebody asked for a new password for your account.',
        'The link works once, for 30 minutes. Until you open it and choose one, your password stays as it is.',
      ],
      button: { label: 'Choose a new password', url: link },
      footer: askedFooter(
        services,
        origin,
        'If it was not you, there is nothing to do: do not open the link.',
      ),
    }),
  };
}

/** Tells the owner that the password is another one now. */
export function passwordChangedMail(services: Services, origin: Origin): MailContent {
  return {
    subject: 'Your password was changed',
    ...renderMail({
      title: 'Your password was changed',
      paragraphs: [
        'All other devices were signed out, and connected apps must be connected again. API keys are as they were.',
        'If it was not you, choose a new password now.',
      ],
      button: { label: 'Choose a new password', url: pageUrls.forgot(services.config) },
      footer: askedFooter(services, origin, 'If it was you, there is nothing to do.'),
    }),
  };
}
