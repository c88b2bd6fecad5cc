import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** A one-time code. It stands in the text alone: subjects are shown on locked screens. */
export function signInCodeMail(
  services: Services,
  { code, productName }: { code: string; productName: string },
  origin: Origin,
): MailContent {
  return {
    subject: `Your code for ${productName}`,
    ...renderMail({
      title: `Your code for ${productName}`,
      paragraphs: [
        'Type it where you were asked for it. It works once, for ten minutes. Nobody from us will ever ask you for it.',
      ],
      code,
      footer: askedFooter(
        services,
        origin,
        'If it was not you, there is nothing to do: without the code nobody gets in.',
      ),
    }),
  };
}
