/** Before a process serves, its SECRET_KEY is held against what the database has sealed with it. */
import { open } from './crypto/secrets.js';
import type { Services } from './services.js';
import { StartupError } from './startup-error.js';

/**
 * Throws a StartupError when the signing keys in the database do not open: with another SECRET_KEY no JWT, cookie,
 * webhook secret or repeated response of the other processes would be understood.
 */
export async function checkSecretKey({ db, config }: Services): Promise<void> {
  const rows: { kid: string; sealed: string }[] = await db('signing_keys').select({
    kid: 'kid',
    sealed: 'sealed_private_jwk',
  });
  try {
    for (const { kid, sealed } of rows) open(config, 'signing-key', sealed, kid);
  } catch {
    throw new StartupError(
      'SECRET_KEY is not the one that this database was made with: its signing keys do not open. Put the older key behind the new one, with a comma.',
    );
  }
}
