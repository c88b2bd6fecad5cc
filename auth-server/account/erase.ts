/** Erasing an account: asked for with the address and the password, done at once, and not undone. */
import { canonicalEmail } from '../../shared/email.js';
import { countWhatEnds, eraseOwnAccount } from '../../shared/identity/erasure.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { takeLimits } from '../http/limits.js';
import { sendPage } from '../http/page.js';
import { erasePage } from '../pages/account/erase.js';
import { paths } from '../pages/paths.js';
import { signedOutPage } from '../pages/sign-out.js';
import { signOut } from '../sign-in/person.js';
import { orShowAgain, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountErase(signedIn: SignedInRouter): void {
  signedIn.get(paths.erase, (request) => show(request));

  signedIn.post(paths.erase, async (request, form) => {
    const { services, provider, ctx, user } = request;
    if (canonicalEmail(form.get('confirm') ?? '') !== user.email) {
      ctx.status = 400;
      return show(request, { confirm: 'That is not your email address.' });
    }
    const subject = emailSubject(user.email);
    const { allowed } = await takeLimits(services, [{ limit: 'signInAccount', subject }]);
    if (!allowed) {
      ctx.status = 429;
      return show(request, { password: 'That was too often. Wait a few minutes, then try again.' });
    }
    await orShowAgain(
      request,
      async () => {
        await eraseOwnAccount(services, { userId: user.id, password: form.get('password') ?? '' });
        await signOut(services, provider, ctx);
        sendPage(ctx, signedOutPage({ supportEmail: services.config.supportEmail }));
      },
      (errors) => show(request, errors),
      'password',
    );
  });
}

async function show(request: PageRequest, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props } = request;
  const counts = { ...(await countWhatEnds(services, user.id)), openTasks: 0 };
  sendPage(ctx, erasePage({ ...props, counts, errors }));
}
