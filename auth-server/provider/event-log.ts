/**
 * What oidc-provider reports, as log lines. Its events carry model objects with raw tokens inside: only codes and
 * ids are taken out of them, never the object.
 */
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import { isDatabaseUnavailable } from '../../shared/postgres/db.js';
import type { Services } from '../../shared/services.js';

type ProtocolError = errors.OIDCProviderError & { error_detail?: string };

export function auditProviderEvents(provider: Provider, services: Services): void {
  const refused = (event: string) => (ctx: KoaContextWithOIDC, error: ProtocolError) => {
    services.logger.info(
      {
        event,
        requestId: ctx.response.get('x-request-id'),
        clientId: ctx.oidc?.client?.clientId,
        error: error.error ?? error.name,
        detail: error.error_detail,
      },
      'a protocol request was refused',
    );
  };
  provider.on('authorization.error', refused('authorization'));
  provider.on('grant.error', refused('token'));
  provider.on('introspection.error', refused('introspection'));
  provider.on('revocation.error', refused('revocation'));
  provider.on('pushed_authorization_request.error', refused('pushed authorization request'));
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    services.logger.error({ err: error, requestId: ctx.response.get('x-request-id') }, 'a request failed');
    const unavailable = error instanceof DomainError && error.code === 'unavailable';
    if (!unavailable && !isDatabaseUnavailable(error)) return;
    // Told so that the caller tries again: what it asked for was neither done nor refused.
    ctx.status = 503;
    ctx.set('Retry-After', '5');
  });
}
