/** The account page of `prompt=select_account` (OpenID Connect Core section 3.1.2.1): go on as this person or not. */
import { findClient } from '../clients/client-registry.js';
import { pageProps, sendPage } from '../http/page.js';
import { findActivePerson } from '../oidc/accounts.js';
import { selectAccountPage } from '../pages/select-account.js';
import { finish, type InteractionStep } from './interaction-step.js';

/** Where nobody is signed in there is nothing to choose: the sign-in page follows. */
export async function askForAccount(step: InteractionStep): Promise<void> {
  const { services, ctx, interaction } = step;
  const { session, params, uid } = interaction;
  const user = session?.accountId ? await findActivePerson(services, session.accountId) : undefined;
  if (!user) return finish(step, { select_account: {} });
  const client = await findClient(services, String(params.client_id));
  const page = selectAccountPage({
    ...pageProps(services, ctx),
    action: `/interaction/${uid}/account`,
    switchAction: `/interaction/${uid}/switch`,
    appName: client?.name,
    person: { name: user.name, email: user.email },
  });
  sendPage(ctx, page, [String(params.redirect_uri)]);
}
