/**
 * Signing secrets of webhooks: `whsec_` and base64, as Standard Webhooks has them. They must be read again to sign
 * and so are sealed at rest, not hashed.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config.js';
import { open, seal } from '../crypto/secrets.js';
import { DomainError } from '../errors.js';

type Keys = Pick<Config, 'secretKeys'>;

export const newWebhookSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

export const sealWebhookSecret = (config: Keys, endpointId: string, secret: string): string =>
  seal(config, 'webhook-secret', secret, endpointId);

export const openWebhookSecret = (config: Keys, endpointId: string, sealed: string): string =>
  open(config, 'webhook-secret', sealed, endpointId);

/** A secret that the owner brings along: 24 to 64 bytes (Standard Webhooks). Throws `validation`. */
export function parseWebhookSecret(text: string): string {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const length = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
  if (length >= 24 && length <= 64) return text;
  throw new DomainError('validation', {
    field: 'secret',
    message: 'secret must be whsec_ followed by 24 to 64 bytes in base64',
  });
}
