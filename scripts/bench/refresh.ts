/**
 * What a refresh costs: ours, with one transaction in Postgres, rotation and the stored answer, against a bare
 * oidc-provider that keeps everything in the memory of its process. Each connection follows its own chain of refresh
 * tokens, as an app would.
 */
import Provider from 'oidc-provider';
import { createAuthApp } from '../../auth-server/app.js';
import { resourceOf } from '../../auth-server/oidc/resources.js';
import { serve } from '../../shared/http/serve.js';
import { createGrant } from '../../shared/identity/oauth/grants.js';
import { createOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { createUser } from '../../shared/identity/people/users.js';
import { newGrantId, personSubject } from '../../shared/ids.js';
import { oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { type Contestant, compare, figuresOf, ratioOf, runScript } from './measure.js';

const chains = 20;

export async function benchRefresh(services: Services): Promise<string[]> {
  const [product] = oauthProducts;
  if (!product) throw new Error('no product speaks OAuth');
  const scope = product.oauth.defaultScope;
  const resource = resourceOf(services.config, product.id);
  const user = await createUser(services, { email: 'refresh@example.com', name: 'Bench', human: true });
  const actor = { kind: 'person', id: user.id } as const;
  const client = await createOAuthClient(
    services,
    { userId: user.id, product: product.id, name: 'Bench', redirectUris: ['https://app.example/cb'] },
    actor,
  );
  const app = await createAuthApp(services);
  const bare = bareProvider(client.id, client.secret ?? '', resource, scope);
  const ourServer = await serve({ handler: app.handler, host: '127.0.0.1', port: 0 });
  const bareServer = await serve({ handler: bare.callback(), host: '127.0.0.1', port: 0 });

  const contestant = async (
    name: string,
    provider: Provider,
    url: string,
    ours: boolean,
  ): Promise<Contestant> => {
    let tokens = await Promise.all(
      Array.from({ length: chains }, async () => {
        const grantId = newGrantId();
        if (ours) {
          const grant = { id: grantId, userId: user.id, clientId: client.id, product: product.id };
          await createGrant(services, {
            ...grant,
            scopes: [scope],
            requestedScopes: [scope],
            duration: 'always',
          });
        }
        return mint(provider, {
          grantId,
          clientId: client.id,
          subject: personSubject(user.id),
          scope,
          resource,
        });
      }),
    );
    return {
      name,
      async load(seconds) {
        const call = {
          url: `${url}/token`,
          clientId: client.id,
          clientSecret: client.secret,
          tokens,
          seconds,
        };
        const result = await runScript(
          'scripts/run.js',
          ['scripts/bench/refresh-load'],
          JSON.stringify(call),
        );
        const { calls, taken, next } = result as { calls: number; taken: number; next: string[] };
        tokens = next;
        return { calls, seconds: taken };
      },
    };
  };
  const [ours, theirs] = await compare([
    await contestant('Latchkey', app.holder.current(), ourServer.url, true),
    await contestant('bare oidc-provider in memory', bare, bareServer.url, false),
  ]);
  await Promise.all([ourServer.close(), bareServer.close(), app.close()]);
  if (!ours || !theirs) throw new Error('nothing was measured');
  return [
    'a refresh with rotation: what one call costs in processor time (of the server, not of Postgres)',
    `  against bare oidc-provider in memory     ${ratioOf(ours, theirs)}`,
    ...[ours, theirs].map(figuresOf),
  ];
}

function bareProvider(clientId: string, secret: string, resource: string, scope: string): Provider {
  const info = { scope, audience: resource, accessTokenTTL: 3600, accessTokenFormat: 'opaque' as const };
  return new Provider('http://127.0.0.1', {
    clients: [
      {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: ['https://app.example/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    findAccount: (_ctx, subject) => ({ accountId: subject, claims: async () => ({ sub: subject }) }),
    rotateRefreshToken: true,
    ttl: { AccessToken: 3600, RefreshToken: 2_592_000, Grant: 31_536_000 },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => info,
        useGrantedResource: () => true,
      },
    },
  });
}

async function mint(
  provider: Provider,
  input: { grantId: string; clientId: string; subject: string; scope: string; resource: string },
): Promise<string> {
  const { grantId, clientId, subject, scope, resource } = input;
  const grant = new provider.Grant({ accountId: subject, clientId });
  Object.assign(grant, { expiresIn: 31_536_000 });
  grant.addResourceScope(resource, scope);
  grant.jti = grantId;
  await grant.save();
  const client = await provider.Client.find(clientId);
  if (!client) throw new Error('the client is not there');
  const token = new provider.RefreshToken({
    accountId: subject,
    client,
    grantId,
    gty: 'authorization_code',
    scope,
    resource,
    rotations: 0,
    expiresWithSession: false,
  } as ConstructorParameters<typeof provider.RefreshToken>[0]);
  return token.save();
}
