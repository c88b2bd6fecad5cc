/**
 * A question is answered once: by a double click, from two tabs, after the back button, the first answer stands and
 * whoever comes later is sent on with it. The answer and what it brings (grant, remembered consent, audit) are one
 * transaction: closing the tab at any moment leaves nothing behind.
 */
import { errors, type InteractionResults } from 'oidc-provider';
import { seeOther } from '../http/page.js';
import { inRequestTransaction, write } from '../http/request-transaction.js';
import { finish, type InteractionStep } from './interaction-step.js';

/** `answer` gives the result, or undefined after it has sent another page; then nothing of it is kept. */
export async function answerOnce(
  step: InteractionStep,
  response: () => Promise<InteractionResults | undefined>,
): Promise<void> {
  const { services, provider, ctx, interaction } = step;
  let answered = false;
  const work = async () => {
    await write(services, (tx) =>
      tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`interaction:${interaction.uid}`]),
    );
    const current = await provider.Interaction.find(interaction.uid);
    if (!current) throw new errors.SessionNotFound('the question was answered');
    if (current.result) return seeOther(ctx, current.returnTo);
    const result = await response();
    if (!result) return;
    await finish(step, result);
    answered = true;
  };
  await inRequestTransaction(services, work, () => answered);
}
