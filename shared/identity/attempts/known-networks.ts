/**
 * Networks from which an account was signed in to before. Guesses from elsewhere do not use up the attempts of
 * somebody who signs in from such a network. A row is an HMAC of account and network and names neither.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { keyedHash, keyedHashes } from '../../crypto/secrets.js';
import { addressSubject, emailSubject } from '../../limiter/subjects.js';
import type { Services } from '../../services.js';

/** How long a network stays known without another sign-in. */
export const networkKnownDays = 90;

/** Networks kept per account; the one that was used longest ago goes first. */
const networksPerAccount = 50;

const fingerprintText = (email: string, ipAddress: string): string =>
  JSON.stringify([emailSubject(email), addressSubject(ipAddress)]);

/** Whether somebody signed in to the account of this email from this network in the last 90 days. */
export async function isKnownNetwork(services: Services, email: string, ipAddress: string): Promise<boolean> {
  const fingerprints = keyedHashes(services.config, 'known-network', fingerprintText(email, ipAddress));
  const found = await services
    .db('known_networks')
    .whereIn('fingerprint', fingerprints)
    .where('seen_at', '>', sqlFromNow(services, -networkKnownDays * 86_400))
    .first('user_id');
  return found !== undefined;
}

/** Notes that a person signed in from a network. */
export async function rememberNetwork(
  services: Services,
  { id, email }: { id: string; email: string },
  ipAddress: string,
): Promise<void> {
  const { rowCount } = await services.db.raw(
    `insert into known_networks (fingerprint, user_id, seen_at) values (:fingerprint, :id, :now)
     on conflict (fingerprint) do update set seen_at = excluded.seen_at, user_id = excluded.user_id
     where known_networks.seen_at < excluded.seen_at - interval '1 hour'`,
    {
      fingerprint: keyedHash(services.config, 'known-network', fingerprintText(email, ipAddress)),
      id,
      now: sqlNow(services),
    },
  );
  if (rowCount === 0) return;
  await services.db.raw(
    `delete from known_networks where fingerprint in (
       select fingerprint from known_networks where user_id = ? order by seen_at desc offset ?)`,
    [id, networksPerAccount],
  );
}

/** Forgets the networks of a person. */
export async function forgetNetworks(services: Services, userId: string): Promise<void> {
  await services.db('known_networks').where({ user_id: userId }).delete();
}
