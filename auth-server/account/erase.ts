/** Erasing an account: asked for with the address and the password, done at once, and not undone. */
import { countWhatEnds, eraseOwnAccount } from '../../shared/identity/erasure.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import { takeLimits } from '../http/limits.js';
import { sendPage } from '../http/page.js';
import { erasePage } from '../pages/account/erase.js';
import type { FieldErrors } from '../pages/parts/label.js';
import { paths } from '../pages/paths.js';
import { signedOutPage } from '../pages/sign-out.js';
import { type Desk, orShowAgain, type Visit } from '../sign-in/desk.js';
import { signOut } from '../sign-in/person.js';

export function mountErase(desk: Desk): void {
  desk.get(paths.erase, (visit) => show(visit));

  desk.post(paths.erase, async (visit, form) => {
    const { services, provider, ctx, user } = visit;
    if (form.get('confirm')?.trim().toLowerCase() !== user.email.toLowerCase()) {
      ctx.status = 400;
      return show(visit, { confirm: 'That is not your email address.' });
    }
    const subject = emailSubject(user.email);
    const { allowed } = await takeLimits(services, [{ limit: 'signInAccount', subject }]);
    if (!allowed) {
      ctx.status = 429;
      return show(visit, { password: 'That was too often. Wait a few minutes, then try again.' });
    }
    await orShowAgain(
      visit,
      async () => {
        await eraseOwnAccount(services, { userId: user.id, password: form.get('password') ?? '' });
        await signOut(services, provider, ctx);
        sendPage(ctx, signedOutPage({ supportEmail: services.config.supportEmail }));
      },
      (errors) => show(visit, errors),
      'password',
    );
  });
}

async function show(visit: Visit, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props } = visit;
  const counts = { ...(await countWhatEnds(services, user.id)), openTasks: 0 };
  sendPage(ctx, erasePage({ ...props, counts, errors }));
}
