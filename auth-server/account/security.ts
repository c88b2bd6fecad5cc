/** Password and address. Both ask for the password again: an open browser is not its owner. */
import { findPendingEmail, requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { securityPage } from '../pages/account/security.js';
import { paths } from '../pages/paths.js';
import { withOwnPassword } from '../sign-in/own-password.js';
import { goOn, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountSecurity(signedIn: SignedInRouter): void {
  signedIn.get(paths.security, (request) => show(request));

  signedIn.form(paths.changePassword, (request, form) => {
    const again = (errors: FieldErrors) => show(request, errors);
    const act = async () => {
      const { services, user, sessionUid, origin } = request;
      const currentPassword = form.get('current_password') ?? '';
      const newPassword = form.get('new_password') ?? '';
      await changePassword(services, { userId: user.id, currentPassword, newPassword, sessionUid }, origin);
      goOn(request, paths.security, 'password-changed');
    };
    const otherField = 'current_password';
    return { act: () => withOwnPassword(request, otherField, again, act), again, otherField };
  });

  signedIn.form(paths.changeEmail, (request, form) => {
    const newEmail = form.get('new_email') ?? '';
    const again = (errors: FieldErrors) => show(request, errors, newEmail);
    const act = async () => {
      const { services, user, origin } = request;
      const password = form.get('password') ?? '';
      await requestEmailChange(services, { userId: user.id, password, newEmail }, origin);
      goOn(request, paths.security, 'email-asked');
    };
    const otherField = 'password';
    return { act: () => withOwnPassword(request, otherField, again, act), again, otherField };
  });
}

async function show(request: PageRequest, errors?: FieldErrors, newEmail?: string): Promise<void> {
  const { services, ctx, user, props } = request;
  const pendingEmail = await findPendingEmail(services, user.id);
  sendPage(ctx, securityPage({ ...props, errors, newEmail, pendingEmail }));
}
