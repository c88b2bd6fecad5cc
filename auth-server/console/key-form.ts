/**
 * Between a key as a form shows it and a key as the domain knows it.
 */
import type { Config } from '../../shared/config.js';
import { DomainError } from '../../shared/errors.js';
import type { ApiKeyChanges } from '../../shared/identity/api-keys/api-key-changes.js';
import { leakPolicies } from '../../shared/identity/api-keys/api-key-settings.js';
import { type ApiKey, apiKeyState } from '../../shared/identity/api-keys/api-keys.js';
import { findPlan, planDefinition } from '../../shared/identity/people/plans.js';
import { parseInstant } from '../../shared/instant.js';
import { getProduct, type Product } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import type { KeyFieldFacts, KeyValues } from '../pages/console/key-fields.js';
import type { ListedKey } from '../pages/console/listed-key.js';

/** A key as a row of the list. */
export function listedKey(key: ApiKey, now: Date): ListedKey {
  const { id, name, environment, prefix, lastFour, createdAt, lastUsedAt, expiresAt } = key;
  const productName = getProduct(key.product).name;
  const state = apiKeyState(key, now);
  return { id, name, productName, environment, prefix, lastFour, state, createdAt, lastUsedAt, expiresAt };
}

/** What a form offers for a product, and why it does not offer the rest. */
export async function keyFacts(
  services: Services,
  product: Product,
  accountId: string,
): Promise<KeyFieldFacts> {
  const plans = Object.values(product.plans);
  const withAllowlist = plans.filter((plan) => plan.ipAllowlist === true).map((plan) => plan.label);
  const plan = planDefinition(product, await findPlan(services, accountId, product));
  const blocked = withAllowlist.length > 0 && plan.ipAllowlist !== true;
  return {
    environments: (['test', 'live'] as const).filter((one) => product.keys.environments[one] !== undefined),
    permissions: (product.permissions ?? []).map((name) => ({
      name,
      sentence: product.oauth?.scopes[name]?.words,
    })),
    allowlistBlocked: blocked ? `It comes with the ${withAllowlist.join(' or ')} plan.` : undefined,
  };
}

export interface KeyForm extends KeyValues {
  /** The lines of `allowIp` that say something. */
  addresses: string[];
}

export function readKeyForm(form: URLSearchParams, product: Product): KeyForm {
  const environment = form.get('environment');
  const policy = form.get('leak_policy');
  const days = form.get('rotate_every_days');
  const allowIp = form.get('allow_ip') ?? '';
  return {
    name: form.get('name') ?? '',
    environment: environment === 'test' || environment === 'live' ? environment : undefined,
    permissions: product.permissions && form.getAll('permissions'),
    expiresOn: form.get('expires_on') ?? '',
    allowIp,
    addresses: allowIp
      .split(/\s*[\n,]\s*/)
      .map((line) => line.trim())
      .filter(Boolean),
    rotateEveryDays: days ? Number(days) : undefined,
    leakPolicy: leakPolicies.find((one) => one === policy),
  };
}

/** A key's settings as the form shows them. */
export function valuesOf(key: ApiKey): KeyValues {
  return {
    name: key.name,
    permissions: key.permissions ?? undefined,
    expiresOn: key.chosenExpiresAt?.toISOString().slice(0, 10),
    allowIp: key.ipAllowlist?.join('\n'),
    rotateEveryDays: key.rotateEveryDays ?? undefined,
    leakPolicy: key.leakPolicy ?? undefined,
  };
}

/** The end of a day as it is written in a date field, or null for an empty one. Throws `validation` for no such day. */
export function endOfDay(day: string | undefined): Date | null {
  if (!day) return null;
  const end = parseInstant(`${day}T23:59:59Z`);
  if (end) return end;
  throw new DomainError('validation', { field: 'expires_at', message: 'The day does not exist' });
}

/** Only what was changed: the end of a key that is being replaced is fixed, and saving its name must still work. */
export function expiryOf(key: ApiKey, values: KeyForm): Pick<ApiKeyChanges, 'expiresAt' | 'rotateEveryDays'> {
  const before = valuesOf(key);
  const changes: Pick<ApiKeyChanges, 'expiresAt' | 'rotateEveryDays'> = {};
  if ((before.expiresOn ?? '') !== values.expiresOn) changes.expiresAt = endOfDay(values.expiresOn);
  if (before.rotateEveryDays !== values.rotateEveryDays)
    changes.rotateEveryDays = values.rotateEveryDays ?? null;
  return changes;
}

/** A command that works when pasted, with the key where its product wants it. */
export function sampleCurl(config: Pick<Config, 'apiUrl'>, product: Product, key: string): string {
  const header = product.keys.carriedIn.includes('bearer')
    ? `Authorization: Bearer ${key}`
    : `x-api-key: ${key}`;
  return `curl -s ${config.apiUrl}/${product.id}${product.samplePath} -H '${header}'`;
}
