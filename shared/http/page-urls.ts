/**
 * Where the links in mails lead. They start with a configured address and never with the `Host` of a request:
 * whoever can choose that could have a token sent to themselves.
 */
import type { Config } from '../config.js';

const page =
  (path: string) =>
  ({ issuer }: Pick<Config, 'issuer'>, query: Readonly<Record<string, string | undefined>> = {}): string =>
    withQuery(`${issuer}${path}`, query);

export const pageUrls = {
  signIn: page('/signin'),
  console: page('/console'),
  forgot: page('/forgot'),
  /** `?token=` of a link for a new password. */
  reset: page('/reset'),
  /** `?token=` of a link that shows an address to be theirs. */
  verify: page('/verify'),
  /** `?token=` of a link that makes an address the new one of an account. */
  confirmEmail: page('/verify/change'),
  security: page('/account/security'),
  /** Where a reviewer accepts an invitation. */
  join: ({ apiUrl }: Pick<Config, 'apiUrl'>, product: string, code: string): string =>
    `${apiUrl}/${product}/join/${code}`,
} as const;

/** Adds a query to an address; members that are undefined or empty are left out. */
export function withQuery(address: string, query: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  return url.href;
}
