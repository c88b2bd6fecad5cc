import { Card } from '../../shared/ui/card.js';
import { type PageProps, renderPage } from '../../shared/ui/document.js';
import { Foreign } from '../../shared/ui/foreign-text.js';
import { Form } from '../../shared/ui/form.js';
import { paths } from './paths.js';

export interface SignOutProps extends PageProps {
  /** `paths.signOut`, or the address that the OpenID logout endpoint wants its answer at. */
  action: string;
  /** What that endpoint wants back, such as its own `xsrf`. */
  hidden?: Readonly<Record<string, string>>;
  /** The app that asked, for a logout that an app began. */
  appName?: string;
}

/** The button's `logout=yes` signs out; the other leaves things as they are. */
export function signOutPage({ action, hidden, appName, csrf, ...page }: SignOutProps): string {
  return renderPage(
    <Card title="Sign out?" {...page}>
      <p>
        {appName ? (
          <>
            <Foreign text={appName} maximum={60} /> signed you out and asks whether Latchkey should too.{' '}
          </>
        ) : null}
        Apps that you connected stay connected. You can end them on your account page.
      </p>
      <Form action={action} csrf={csrf} hidden={hidden}>
        <div class="actions pair">
          <button type="submit" class="button quiet">
            Stay signed in
          </button>
          <button type="submit" class="button primary" name="logout" value="yes">
            Sign out
          </button>
        </div>
      </Form>
    </Card>,
  );
}

export function signedOutPage(page: Pick<PageProps, 'supportEmail'>): string {
  return renderPage(
    <Card title="You are signed out" {...page}>
      <p>On this device, in this browser. Your keys and connected apps go on as before.</p>
      <p class="actions">
        <a class="button primary" href={paths.signIn}>
          Sign in again
        </a>
      </p>
    </Card>,
  );
}
