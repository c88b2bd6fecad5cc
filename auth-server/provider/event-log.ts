/**
 * What oidc-provider reports, as log lines. Its events carry model objects with raw tokens inside: only codes and
 * ids are taken out of them, never the object.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { DomainError } from '../../shared/errors.js';
import { isDatabaseUnavailable } from '../../shared/postgres/db.js';
import type { Services } from '../../shared/services.js';
import { noteProtocolError, type ProtocolError } from '../endpoints/protocol-error.js';

export function auditProviderEvents(provider: Provider, services: Services): void {
  const refused = (event: string) => (ctx: KoaContextWithOIDC, error: ProtocolError) => {
    noteProtocolError(ctx, error);
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
  provider.on('device_authorization.error', refused('device authorization'));
  provider.on('userinfo.error', refused('userinfo'));
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    noteProtocolError(ctx, error);
    services.logger.error({ err: error, requestId: ctx.response.get('x-request-id') }, 'a request failed');
    const unavailable = error instanceof DomainError && error.code === 'unavailable';
    if (!unavailable && !isDatabaseUnavailable(error)) return;
    // Told so that the caller tries again: what it asked for was neither done nor refused.
    ctx.status = 503;
    ctx.set('Retry-After', '5');
  });
}
