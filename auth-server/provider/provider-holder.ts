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
import { innerFrame } from '../http/frame.js';
import { loadSigningKeys, rotateSigningKeysIfDue } from '../oidc/signing-keys.js';
import { auditProviderEvents } from './event-log.js';
import { wrapEndpoints } from './protocol-router.js';
import { buildProvider } from './provider.js';
import { countTokens } from './token-counter.js';

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
    provider.use(wrapEndpoints(services));
    auditProviderEvents(provider, services);
    countTokens(provider, services);
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
