/** Password and address. Both ask for the password again: an open browser is not its owner. */
import { findPendingEmail, requestEmailChange } from '../../shared/identity/sign-in/email-change.js';
import { changePassword } from '../../shared/identity/sign-in/password-change.js';
import { emailSubject } from '../../shared/limiter/subjects.js';
import { takeLimits } from '../http/limits.js';
import { sendPage } from '../http/page.js';
import { securityPage } from '../pages/account/security.js';
import type { FieldErrors } from '../pages/parts/label.js';
import { paths } from '../pages/paths.js';
import { type Desk, goOn, orShowAgain, type Visit } from '../sign-in/desk.js';

export function mountSecurity(desk: Desk): void {
  desk.get(paths.security, (visit) => show(visit));

  desk.post(paths.changePassword, (visit, form) =>
    orShowAgain(
      visit,
      async () => {
        if (!(await mayTry(visit, 'current_password'))) return;
        const { services, user, sessionUid, origin } = visit;
        const [currentPassword, newPassword] = [
          form.get('current_password') ?? '',
          form.get('new_password') ?? '',
        ];
        await changePassword(services, { userId: user.id, currentPassword, newPassword, sessionUid }, origin);
        goOn(visit, paths.security, 'password-changed');
      },
      (errors) => show(visit, errors),
      'current_password',
    ),
  );

  desk.post(paths.changeEmail, (visit, form) =>
    orShowAgain(
      visit,
      async () => {
        if (!(await mayTry(visit, 'password'))) return;
        const { services, user, origin } = visit;
        const [password, newEmail] = [form.get('password') ?? '', form.get('new_email') ?? ''];
        await requestEmailChange(services, { userId: user.id, password, newEmail }, origin);
        goOn(visit, paths.security, 'email-asked');
      },
      (errors) => show(visit, errors),
      'password',
    ),
  );
}

/** Guessing a password here counts like guessing it at sign-in. */
async function mayTry(visit: Visit, field: string): Promise<boolean> {
  const subject = emailSubject(visit.user.email);
  const { allowed } = await takeLimits(visit.services, [{ limit: 'signInAccount', subject }]);
  if (allowed) return true;
  visit.ctx.status = 429;
  await show(visit, { [field]: 'That was too often. Wait a few minutes, then try again.' });
  return false;
}

async function show(visit: Visit, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props } = visit;
  const pendingEmail = await findPendingEmail(services, user.id);
  sendPage(ctx, securityPage({ ...props, errors, pendingEmail }));
}
