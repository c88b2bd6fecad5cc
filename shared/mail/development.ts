/** Mail as a developer reads it: in the database, since there is no mail server. Nothing of this in production. */
import { canonicalEmail } from '../email.js';
import type { Services } from '../services.js';
import { mailColumns, openMail, type StoredMail } from './mail.js';

export interface DevelopmentMail {
  to: string;
  subject: string;
  text: string;
  /** The addresses in the text, in their order; a full stop that ends a sentence is not part of one. */
  links: string[];
  /** The six-digit code in the text. */
  code: string | null;
  at: Date;
}

/** The newest first, at most 200; only those to one address with `to`. Empty in production. */
export async function listDevelopmentMails(
  services: Services,
  { to }: { to?: string } = {},
): Promise<DevelopmentMail[]> {
  if (services.config.production) return [];
  const query = services.db('mails').select(mailColumns).whereNotNull('sealed_content');
  if (to !== undefined) query.where({ recipient: canonicalEmail(to) });
  const mails: StoredMail[] = await query
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(200);
  return mails.flatMap((mail) => {
    const content = openMail(services, mail);
    return content ? [describe(mail, content.subject, content.text)] : [];
  });
}

function describe(mail: StoredMail, subject: string, text: string): DevelopmentMail {
  return {
    to: mail.recipient,
    subject,
    text,
    links: text.match(/https?:\/\/[^\s<>"]*[^\s<>".,;:!?]/g) ?? [],
    code: /(?<![\w-])\d{6}(?![\w-])/.exec(text)?.[0] ?? null,
    at: mail.createdAt,
  };
}
