/**
 * The Provider that serves now. Rotating signing keys builds another one and swaps it in between two requests:
 * nothing restarts, and what is under way ends on the one it began with.
 */
import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { JWK } from 'jose';
import type { Provider } from 'oidc-provider';
import type { OutboundLimits } from '../../shared/http/outbound.js';
import type { Services } from '../../shared/services.js';
import { authorizationEndpoint } from '../endpoints/authorization-endpoint.js';
import { deviceEndpoint } from '../endpoints/device-endpoint.js';
import { limitProtocol } from '../endpoints/protocol-limits.js';
import { registrationEndpoint } from '../endpoints/registration.js';
import { revocationEndpoint } from '../endpoints/revocation-endpoint.js';
import { signOutEndpoint } from '../endpoints/sign-out-endpoint.js';
import { tokenEndpoint } from '../endpoints/token-endpoint.js';
import { innerFrame } from '../http/frame.js';
import { loadSigningKeys, rotateSigningKeysIfDue } from '../oidc/signing-keys.js';
import { auditProviderEvents } from './event-log.js';
import { metadataDocuments } from './metadata.js';
import { buildProvider } from './provider.js';

/** How often a process looks whether another one rotated the keys, in milliseconds. */
const refreshMs = 30_000;

export interface ProviderHolder {
  current(): Provider;
  /** Serves a request with the current Provider. */
  handle: RequestListener;
  /** Takes up rotated signing keys. */
  refresh(): Promise<void>;
  /** Told of a change anywhere, does so when it was the signing keys. */
  hear(subject: string): void;
  close(): void;
}

export async function holdProvider(services: Services, outbound?: OutboundLimits): Promise<ProviderHolder> {
  const build = (keys: JWK[]) => {
    const provider = buildProvider(services, keys, outbound);
    provider.use(innerFrame(services));
    provider.use(aliasPath);
    provider.use(metadataDocuments);
    provider.use(limitProtocol(services));
    provider.use(authorizationEndpoint(services));
    provider.use(tokenEndpoint(services));
    provider.use(deviceEndpoint(services));
    provider.use(registrationEndpoint(services));
    provider.use(signOutEndpoint(services));
    provider.use(revocationEndpoint(services));
    auditProviderEvents(provider, services);
    return { provider, handle: provider.callback() as RequestListener, version: versionOf(keys) };
  };
  let held = build(await loadSigningKeys(services));
  const refresh = async () => {
    const keys = await loadSigningKeys(services);
    if (versionOf(keys) !== held.version) held = build(keys);
  };
  const fail = (error: unknown) => services.logger.warn({ err: error }, 'signing keys could not be checked');
  const timer = setInterval(() => {
    rotateSigningKeysIfDue(services).then(refresh).catch(fail);
  }, refreshMs).unref();
  return {
    current: () => held.provider,
    handle: (req, res) => held.handle(req, res),
    refresh,
    hear(subject) {
      if (subject.startsWith('signingKey:')) refresh().catch(fail);
    },
    close: () => clearInterval(timer),
  };
}

const versionOf = (keys: JWK[]): string =>
  createHash('sha256')
    .update(keys.map((key) => key.kid).join())
    .digest('hex');

/**
 * `/oauth/authorize` and the like are the same endpoints under the names of another seed. The mount path is set and
 * not just cut off, so that the addresses which the library makes (resume, DPoP's `htu`) keep it.
 */
async function aliasPath(
  ctx: { path: string; mountPath?: string },
  next: () => Promise<void>,
): Promise<void> {
  if (ctx.path.startsWith('/oauth/')) {
    ctx.path = ctx.path.slice('/oauth'.length);
    ctx.mountPath = '/oauth';
  }
  return next();
}
