/** The apps that a person lets in, and the latch that shuts each of them out. */
import { DomainError } from '../../shared/errors.js';
import { disconnectApp, type Grant, listGrantsOfPerson } from '../../shared/identity/oauth/grants.js';
import { findProduct } from '../../shared/products/index.js';
import { findClient } from '../clients/client-registry.js';
import { sendPage } from '../http/page.js';
import { identityScopes } from '../oidc/identity-scopes.js';
import { type Connection, connectedAppsPage } from '../pages/account/connected-apps.js';
import { paths } from '../pages/paths.js';
import { goOn, type SignedInRouter } from '../sign-in/signed-in-router.js';

export function mountConnectedApps(signedIn: SignedInRouter): void {
  signedIn.get(paths.account, async ({ services, ctx, user, props }) => {
    const grants = await listGrantsOfPerson(services, user.id);
    const connections = await Promise.all(
      [...groupByClient(grants)].map(async ([clientId, theirs]) => {
        const client = await findClient(services, clientId);
        return describe(clientId, client?.name ?? 'An app', client?.verifiedHost ?? null, theirs);
      }),
    );
    sendPage(ctx, connectedAppsPage({ ...props, connections }));
  });

  signedIn.post(paths.revokeConnection(':id'), async (request) => {
    const { services, user, actor, params } = request;
    const grants = await listGrantsOfPerson(services, user.id);
    const clientId = params.id ?? '';
    if (!grants.some((grant) => grant.clientId === clientId))
      throw new DomainError('not_found', { subject: 'app' });
    await disconnectApp(services, { userId: user.id, clientId }, actor);
    goOn(request, paths.account, 'disconnected');
  });
}

/** One line per app, whatever number of devices or authorizations stand behind it. */
function describe(
  clientId: string,
  appName: string,
  verifiedHost: string | null,
  grants: Grant[],
): Connection {
  const scopes = [...new Set(grants.flatMap((grant) => grant.scopes))];
  const definition = findProduct(grants[0]?.product ?? '')?.oauth?.scopes;
  const times = (member: 'createdAt' | 'expiresAt') => grants.map((grant) => grant[member].getTime());
  const used = grants.flatMap((grant) => grant.usedAt?.getTime() ?? []);
  const unlimited = grants.some((grant) => grant.duration === 'always');
  return {
    id: clientId,
    appName,
    verifiedHost,
    scopes: scopes.map((name) => ({
      name,
      sentence: definition?.[name]?.words ?? identityScopes[name]?.words ?? name,
    })),
    grantedAt: new Date(Math.min(...times('createdAt'))),
    lastUsedAt: used.length > 0 ? new Date(Math.max(...used)) : null,
    endsAt: unlimited ? null : new Date(Math.max(...times('expiresAt'))),
  };
}

function groupByClient(grants: Grant[]): Map<string, Grant[]> {
  const groups = new Map<string, Grant[]>();
  for (const grant of grants) groups.set(grant.clientId, [...(groups.get(grant.clientId) ?? []), grant]);
  return groups;
}
