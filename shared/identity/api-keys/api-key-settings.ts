/** What may be set on an API key, and what of it is right. */
import type { Knex } from 'knex';
import { DomainError } from '../../errors.js';
import type { Product } from '../../products/product.js';
import type { Services } from '../../services.js';

export const leakPolicies = ['notify', 'roll', 'revoke'] as const;

/** What happens to a key that was found where it should not be; `roll` gives it a short while to be replaced. */
export type LeakPolicy = (typeof leakPolicies)[number];

/** Days between the day a rotation is due and the end of a key that was not rotated. */
export const rotationGraceDays = 14;

/** What owners are offered; any other number of days may be set. */
export const offeredRotationDays = 90;

const longestRotationDays = 3650;

/** A subset of the product's permissions, or null for all. Throws `validation`. */
export function parsePermissions(product: Product, given: readonly string[] | null): string[] | null {
  if (given === null) return null;
  const known = product.permissions ?? [];
  const unknown = given.find((permission) => !known.includes(permission));
  if (unknown !== undefined || given.length === 0) {
    const message =
      known.length === 0
        ? `${product.name} keys know no permissions`
        : `permissions must be some of: ${known.join(', ')}`;
    throw new DomainError('validation', { field: 'permissions', message });
  }
  return [...new Set(given)];
}

/** Whole days between rotations. Throws `validation`. */
export function parseRotationDays(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= longestRotationDays) return days;
  throw new DomainError('validation', {
    field: 'rotate_every_days',
    message: `rotate_every_days must be a whole number from 1 to ${longestRotationDays}`,
  });
}

/** Seconds that a rolled key lives on: 0 to 30 days. Throws `validation`. */
export function parseGraceSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 30 * 86_400) return seconds;
  throw new DomainError('validation', {
    field: 'grace_seconds',
    message: 'grace_seconds must be a whole number from 0 to 2592000 (30 days)',
  });
}

/** Throws `validation` for a date that Postgres or a reader could not make sense of. */
export function parseExpiry(date: Date): Date {
  const year = date.getUTCFullYear();
  if (year >= 2000 && year < 10_000) return date;
  throw new DomainError('validation', { field: 'expires_at', message: 'expires_at must be a date and time' });
}

/** The end of a new key or secret. Throws `validation` unless it lies in the future: it would never work. */
export function parseFirstExpiry({ clock }: Pick<Services, 'clock'>, date: Date): Date {
  if (parseExpiry(date) > clock.now()) return date;
  throw new DomainError('validation', { field: 'expires_at', message: 'expires_at must lie in the future' });
}

/** The end of a key that has no successor, as SQL: what was chosen, or some days after a rotation is due. */
export function effectiveExpiry(tx: Services, chosen: Date | null, due: Knex.Raw | Date | null): Knex.Raw {
  return tx.db.raw("least(?::timestamptz, (?)::timestamptz + ? * interval '24 hours')", [
    chosen,
    due,
    rotationGraceDays,
  ]);
}
