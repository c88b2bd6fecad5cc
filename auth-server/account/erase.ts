/** Erasing an account: asked for with the address and the password, done at once, and not undone. */
import { canonicalEmail } from '../../shared/email.js';
import { DomainError } from '../../shared/errors.js';
import { countWhatEnds, eraseOwnAccount } from '../../shared/identity/erasure.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { accountErasedPage, erasePage } from '../pages/account/erase.js';
import { paths } from '../pages/paths.js';
import { withOwnPassword } from '../sign-in/own-password.js';
import { signOut } from '../sign-in/person.js';
import type { PageRequest, SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountErase(signedIn: SignedInRouter): void {
  signedIn.get(paths.erase, (request) => show(request));

  signedIn.form(paths.erase, (request, form) => {
    const { services, provider, ctx, user, origin } = request;
    const confirm = form.get('confirm') ?? '';
    const again = (errors: FieldErrors) => show(request, errors, confirm);
    const erase = async () => {
      const counts = await countWhatEnds(services, user.id);
      const password = form.get('password') ?? '';
      await eraseOwnAccount(services, { userId: user.id, password }, origin);
      await signOut(services, provider, ctx);
      sendPage(ctx, accountErasedPage({ counts, supportEmail: services.config.supportEmail }));
    };
    const otherField = 'password';
    return {
      act: async () => {
        if (canonicalEmail(confirm) !== user.email) {
          throw new DomainError('validation', {
            field: 'confirm',
            message: 'that is not your email address',
          });
        }
        await withOwnPassword(request, otherField, again, erase);
      },
      again,
      otherField,
    };
  });
}

async function show(request: PageRequest, errors?: FieldErrors, confirm?: string): Promise<void> {
  const { services, ctx, user, props } = request;
  const counts = await countWhatEnds(services, user.id);
  sendPage(ctx, erasePage({ ...props, counts, confirm, errors }));
}
