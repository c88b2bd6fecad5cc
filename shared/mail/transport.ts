/**
 * The way of a mail to the mail server. Without `SMTP_URL` it ends in the database (development.ts). A retried mail
 * keeps its Message-ID, by which receiving servers drop the second copy after a crash between sending and noting it.
 */
import { createTransport, type Transporter } from 'nodemailer';
import { sqlNow } from '../clock.js';
import type { Config } from '../config.js';
import { HopelessJobError, outwardJob } from '../jobs/handlers.js';
import { mailColumns, openMail, type StoredMail } from './mail.js';

const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** Sends one stored mail, unless it has been sent, erased, or there is no mail server. */
export const sendMailJob = outwardJob<{ mailId: string }>(async (services, { mailId }) => {
  const { smtpUrl } = services.config;
  if (smtpUrl === undefined) return;
  const mail: StoredMail | undefined = await services
    .db('mails')
    .select(mailColumns)
    .where({ id: mailId, state: 'queued' })
    .first();
  const content = mail && openMail(services, mail);
  if (!mail || !content) return;
  const transport = createTransport({ url: smtpUrl, ...timeouts });
  try {
    await send(services.config, transport, mail, content);
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    await services.db('mails').where({ id: mailId }).update({ state: 'refused' });
    throw new HopelessJobError('the mail server refuses the recipient', { cause: error });
  } finally {
    transport.close();
  }
  await services
    .db('mails')
    .where({ id: mailId })
    .update({ state: 'sent', sent_at: sqlNow(services) });
});

async function send(
  config: Config,
  transport: Transporter,
  mail: StoredMail,
  content: { subject: string; text: string; html?: string },
): Promise<void> {
  await transport.sendMail({
    from: config.mailFrom,
    to: { name: '', address: mail.recipient },
    ...content,
    date: mail.createdAt,
    messageId: `<${mail.id}@${new URL(config.issuer).hostname}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** RFC 5321: 5xx is permanent. Only about this recipient, though; a refused password may be set right in an hour. */
function isRefusedForGood(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  return code === 'EENVELOPE' && typeof responseCode === 'number' && responseCode >= 500;
}
