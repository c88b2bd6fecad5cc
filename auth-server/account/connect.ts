/** Connecting somebody whom one's agent can ask. The link opens for the person whose account it is, and works once. */
import type Router from '@koa/router';
import { confirmConnectLink, getConnectLink } from '../../shared/identity/people/connect-links.js';
import type { Services } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { seeOther, sendPage } from '../http/page.js';
import { connectedPage, connectPage } from '../pages/connect.js';
import { paths, withQuery } from '../pages/paths.js';
import type { PageRequest, SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountConnect(signedIn: SignedInRouter): void {
  signedIn.get(paths.connect(':ref'), (request) => show(request));
  signedIn.form(paths.connect(':ref'), (request, form) => {
    const email = form.get('email') ?? '';
    return {
      act: async () => {
        const { services, user, params, ctx } = request;
        await confirmConnectLink(services, { ref: params.ref ?? '', accountId: user.id, email });
        seeOther(ctx, withQuery(paths.connected, { as: 'owner' }));
      },
      again: (errors) => show(request, email, errors),
    };
  });
}

/** Where a confirmed link ends, and the redirect of an invitation that was answered; its code is not redeemed. */
export function mountConnected(router: Router, { config }: Services): void {
  router.get(paths.connected, (ctx) => {
    const query = ctx.URL.searchParams;
    const outcome = query.get('as') === 'owner' ? 'owner' : query.has('error') ? 'refused' : 'invited';
    sendPage(ctx, connectedPage({ outcome, supportEmail: config.supportEmail }));
  });
}

async function show(request: PageRequest, email?: string, errors?: FieldErrors): Promise<void> {
  const { services, ctx, user, props, params } = request;
  const ref = params.ref ?? '';
  const { missing, invites, environment } = await getConnectLink(services, ref, user.id);
  const action = paths.connect(ref);
  const simulated = environment === 'test';
  sendPage(ctx, connectPage({ ...props, action, missing, invites, simulated, email, errors }));
}
