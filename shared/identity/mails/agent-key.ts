/** For an agent whose address was used to register again by someone who has no key of it. */

import type { MailContent } from '../../mail/mail.js';
import { renderMail } from '../../mail/template-layout.js';
import type { Product } from '../../products/product.js';
import type { Services } from '../../services.js';
import type { Origin } from '../people/origin.js';
import { askedFooter } from './asked.js';

/** The link that leads to a new key. */
export function agentKeyMail(
  services: Services,
  product: Product,
  link: string,
  origin: Origin,
): MailContent {
  const subject = `A new ${product.name} key for your agent`;
  return {
    subject,
    ...renderMail({
      title: subject,
      paragraphs: [
        'Somebody tried to register an agent with this address, which has one already. Nothing was changed.',
        'If it was you because you lost your key, get a new one here. The old key ends when you do. The link works once, for 30 minutes.',
      ],
      button: { label: 'Get a new key', url: link },
      footer: askedFooter(services, origin, 'If it was not you, there is nothing to do.'),
    }),
  };
}
