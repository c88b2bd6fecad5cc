/** Password and address. Both ask for the password again: an open browser is not its owner. */
import { findPendingEmail, requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { takeLimits } from '../http/limits.js';
import { sendPage } from '../http/page.js';
import { securityPage } from '../pages/account/security.js';
import { paths } from '../pages/paths.js';
import { goOn, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountSecurity(signedIn: SignedInRouter): void {
  signedIn.get(paths.security, (request) => show(request));

  signedIn.form(paths.changePassword, (request, form) => ({
    act: async () => {
      if (!(await mayTry(request, 'current_password'))) return;
      const { services, user, sessionUid, origin } = request;
      const [currentPassword, newPassword] = [
        form.get('current_password') ?? '',
        form.get('new_password') ?? '',
      ];
      await changePassword(services, { userId: user.id, currentPassword, newPassword, sessionUid }, origin);
      goOn(request, paths.security, 'password-changed');
    },
    again: (errors) => show(request, errors),
    otherField: 'current_password',
  }));

  signedIn.form(paths.changeEmail, (request, form) => {
    const newEmail = form.get('new_email') ?? '';
    return {
      act: async () => {
        if (!(await mayTry(request, 'password', newEmail))) return;
        const { services, user, origin } = request;
        const password = form.get('password') ?? '';
        await requestEmailChange(services, { userId: user.id, password, newEmail }, origin);
        goOn(request, paths.security, 'email-asked');
      },
      again: (errors) => show(request, errors, newEmail),
      otherField: 'password',
    };
  });
}

/** Guessing a password here counts like guessing it at sign-in. */
async function mayTry(request: PageRequest, field: string, newEmail?: string): Promise<boolean> {
  const subject = emailSubject(request.user.email);
  const { allowed } = await takeLimits(request.services, [{ limit: 'signInAccount', subject }]);
  if (allowed) return true;
  request.ctx.status = 429;
  await show(request, { [field]: 'That was too often. Wait a few minutes, then try again.' }, newEmail);
  return false;
}

async function show(request: PageRequest, errors?: FieldErrors, newEmail?: string): Promise<void> {
  const { services, ctx, user, props } = request;
  const pendingEmail = await findPendingEmail(services, user.id);
  sendPage(ctx, securityPage({ ...props, errors, newEmail, pendingEmail }));
}
