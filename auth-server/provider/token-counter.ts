/** Counts what the token endpoint does, from the events of oidc-provider. */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { eventCounter } from '../../shared/metrics/metrics.js';
import type { Services } from '../../shared/services.js';
import { productOfResource } from '../oidc/resources.js';

const issued = {
  name: 'token_responses_total',
  help: 'Successful token responses, by grant type and product.',
  labels: ['grant', 'product'],
};
const refused = {
  name: 'token_refusals_total',
  help: 'Refused token requests, by grant type and error code.',
  labels: ['grant', 'error'],
};

const grants: Readonly<Record<string, string>> = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code': 'device_code',
};

/** `error` is the caller's only in its choice among codes that are ours. */
const errorCode = /^[a-z_]{1,40}$/;

export function countTokens(provider: Provider, services: Services): void {
  const countIssued = eventCounter(services, issued);
  const countRefused = eventCounter(services, refused);
  provider.on('grant.success', (ctx: KoaContextWithOIDC) => {
    const resource = ctx.oidc.entities.AccessToken?.resourceServer?.identifier();
    const product = productOfResource(services.config, resource)?.id ?? 'none';
    countIssued({ grant: grantOf(ctx), product });
  });
  provider.on('grant.error', (ctx: KoaContextWithOIDC, { error }: { error?: string }) => {
    const code = error !== undefined && errorCode.test(error) ? error : 'server_error';
    countRefused({ grant: grantOf(ctx), error: code });
  });
}

function grantOf(ctx: KoaContextWithOIDC): string {
  const type = ctx.oidc?.params?.grant_type;
  return (typeof type === 'string' && Object.hasOwn(grants, type) ? grants[type] : undefined) ?? 'other';
}
