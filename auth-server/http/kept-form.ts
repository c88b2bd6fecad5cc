/**
 * Keeps what a person typed when their session ended while a form was open: sealed in a cookie, for ten minutes,
 * without passwords. After they signed in, the page shows the form with its fields again.
 */
import type { Context } from 'koa';
import { open, seal } from '../../shared/crypto/secrets.js';
import type { Services } from '../../shared/services.js';
import { isPasswordField } from './page.js';

const lifetimeMs = 600_000;

/** Browsers drop cookies over 4,096 bytes, name and attributes included (RFC 6265 section 6.1). */
const maximumCharacters = 3_900;

interface KeptForm {
  path: string;
  /** Milliseconds since 1970 at which the form came. */
  at: number;
  fields: [name: string, value: string][];
}

const isSecure = ({ config }: Services): boolean => config.issuer.startsWith('https:');

const cookieName = (services: Services): string =>
  isSecure(services) ? '__Host-latchkey_kept' : 'latchkey_kept';

/** False when the form is too large to be kept. */
export function keepForm(services: Services, ctx: Context, form: URLSearchParams): boolean {
  const fields = [...form].filter(([name]) => name !== 'csrf' && !isPasswordField(name));
  const kept: KeptForm = { path: ctx.path, at: services.clock.ms(), fields };
  const sealed = seal(services.config, 'kept-form', JSON.stringify(kept));
  if (sealed.length > maximumCharacters) return false;
  ctx.cookies.set(cookieName(services), encodeURIComponent(sealed), {
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(services),
    path: '/',
    maxAge: lifetimeMs,
    overwrite: true,
  });
  return true;
}

/** The fields of the form that was kept for this path, or undefined. */
export function findKeptForm(services: Services, ctx: Context): URLSearchParams | undefined {
  const cookie = ctx.cookies.get(cookieName(services));
  const kept = cookie ? read(services, cookie) : undefined;
  if (!kept || kept.path !== ctx.path || kept.at + lifetimeMs < services.clock.ms()) return undefined;
  return new URLSearchParams(kept.fields);
}

/** Ends the keeping: the form is shown again, or was sent. */
export function dropKeptForm(services: Services, ctx: Context): void {
  ctx.cookies.set(cookieName(services), null, { path: '/', overwrite: true });
}

function read(services: Services, cookie: string): KeptForm | undefined {
  try {
    return JSON.parse(open(services.config, 'kept-form', decodeURIComponent(cookie)));
  } catch {
    // Sealed under a key that is gone, or not sealed by us.
    return undefined;
  }
}
