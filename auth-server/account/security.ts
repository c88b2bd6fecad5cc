/** Password and address. Both ask for the password again: an open browser is not its owner. */
import { findPendingEmail, requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { takeLimits } from '../http/limits.js';
import { sendPage } from '../http/page.js';
import { securityPage } from '../pages/account/security.js';
import { paths } from '../pages/paths.js';
import { goOn, orShowAgain, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountSecurity(signedIn: SignedInRouter): void {
  signedIn.get(paths.security, (request) => show(request));

  signedIn.post(paths.changePassword, (request, form) =>
    orShowAgain(
      request,
      async () => {
        if (!(await mayTry(request, 'current_password'))) return;
        const { services, user, sessionUid, origin } = request;
        const [currentPassword, newPassword] = [
          form.get('current_password') ?? '',
          form.get('new_password') ?? '',
        ];
        await changePassword(services, { userId: user.id, currentPassword, newPassword, sessionUid }, origin);
        goOn(request, paths.security, 'password-changed');
      },
      (errors) => show(request, errors),
      'current_password',
    ),
  );

  signedIn.post(paths.changeEmail, (request, form) =>
    orShowAgain(
      request,
      async () => {
        if (!(await mayTry(request, 'password'))) return;
        const { services, user, origin } = request;
        const [password, newEmail] = [form.get('password') ?? '', form.get('new_email') ?? ''];
        await requestEmailChange(services, { userId: user.id, password, newEmail }, origin);
        goOn(request, paths.security, 'email-asked');
      },
      (errors) => show(request, errors),
      'password',
    ),
  );
}

/** Guessing a password here counts like guessing it at sign-in. */
async function mayTry(request: PageRequest, field: string): Promise<boolean> {
  const subject = emailSubject(request.user.email);
  const { allowed } = await takeLimits(request.services, [{ limit: 'signInAccount', subject }]);
  if (allowed) return true;
  request.ctx.status = 429;
  await show(request, { [field]: 'That was too often. Wait a few minutes, then try again.' });
  return false;
}

async function show(request: PageRequest, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props } = request;
  const pendingEmail = await findPendingEmail(services, user.id);
  sendPage(ctx, securityPage({ ...props, errors, pendingEmail }));
}
