/** What reviewers are written. */

import { pageUrls } from '../../../../shared/http/page-urls.js';
import type { User } from '../../../../shared/identity/people/users.js';
import type { MailContent } from '../../../../shared/mail/mail.js';
import { renderMail } from '../../../../shared/mail/template-layout.js';
import type { Services } from '../../../../shared/services.js';

/** To an address that was invited into a loop. No word in it is the inviter's own: they may not know each other. */
export function invitationMail(
  { config }: Services,
  { inviter, code, product }: { inviter: User; code: string; product: string },
): MailContent {
  const title = 'You are invited to review';
  return {
    subject: title,
    ...renderMail({
      title,
      paragraphs: [
        `${inviter.email} invites you to a loop of reviewers: questions of their software will come to you, and your answers decide.`,
        'Sign in with this address, or make an account with it, and join. The invitation is good for seven days.',
      ],
      code,
      button: { label: 'Join the loop', url: pageUrls.join(config, product, code) },
      footer: `You get this mail because ${inviter.email} gave us your address. If you do not know them, there is nothing to do.`,
    }),
  };
}

/** To a member, when something waits for an answer. */
export function requestMail({
  id,
  loopName,
  priority,
  text,
  timeoutAt,
}: {
  id: string;
  loopName: string;
  priority: string;
  text: string;
  timeoutAt: Date;
}): MailContent {
  const title = 'A question waits for your answer';
  return {
    subject: priority === 'critical' ? `${title} (critical)` : title,
    ...renderMail({
      title,
      paragraphs: [
        `In the loop "${loopName}", priority ${priority}. It waits until ${timeoutAt.toUTCString()}; the first answer counts.`,
        text,
        `It is request ${id}.`,
      ],
      footer: `You get this mail because you are a member of the loop "${loopName}".`,
    }),
  };
}

/** To the one who answered, when its creator says something of the answer. */
export function feedbackMail({
  text,
  feedback: { rating, comment },
}: {
  text: string;
  feedback: Record<string, unknown>;
}): MailContent {
  const title = 'Feedback on your answer';
  const said = [
    typeof rating === 'number' ? `Rating: ${rating} of 5.` : [],
    typeof comment === 'string' ? comment : [],
  ].flat();
  return {
    subject: title,
    ...renderMail({
      title,
      paragraphs: ['You answered:', text, ...said],
      footer: 'You get this mail because you answered a question in a loop that you are a member of.',
    }),
  };
}
