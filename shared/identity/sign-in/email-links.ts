/**
 * Links sent by mail: whoever holds one has read the mail. The token carries 256 random bits and only its SHA-256
 * is kept; a link works once, however often it is opened at the same time, because using it is one statement.
 *
 * The row's key is the purpose and the account: a new link takes the place of the old one.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { randomSecret, sha256 } from '../../crypto/secrets.js';
import { repetitionSeconds } from '../../repetition.js';
import type { Services } from '../../services.js';
import { callerHash, callerHashes } from '../attempts/callers.js';
import type { Origin } from '../people/origin.js';

const hour = 3600;

/** What a link may do, and for how many seconds. */
export const linkLifetimesSeconds = {
  verify_email: 24 * hour,
  reset_password: hour / 2,
  change_email: 24 * hour,
  recover_agent_key: hour / 2,
} as const;

export type LinkPurpose = keyof typeof linkLifetimesSeconds;

export interface EmailLink {
  /** The person or agent whom it was made for. */
  accountId: string;
  /** Where it was sent. */
  email: string;
}

/** `unknown`: never made, replaced by a newer one, or long gone. */
export type LinkProblem = 'unknown' | 'used' | 'expired';

/** Makes the token of a link, this once in the clear, and voids the account's older link for the same purpose. */
export async function createEmailLink(
  services: Services,
  { purpose, accountId, email }: EmailLink & { purpose: LinkPurpose },
): Promise<string> {
  const token = randomSecret();
  await services
    .db('email_links')
    .insert({
      purpose,
      account_id: accountId,
      token_hash: sha256(token),
      email,
      created_at: sqlNow(services),
      expires_at: sqlFromNow(services, linkLifetimesSeconds[purpose]),
      used_at: null,
      used_by: null,
    })
    .onConflict(['purpose', 'account_id'])
    .merge();
  return token;
}

/**
 * Uses a link: the link for exactly one caller, the reason for every other. With an `origin`, the same caller gets it
 * again within a moment, marked as repeated. Call it in the transaction of its effect.
 */
export async function redeemEmailLink(
  services: Services,
  purpose: LinkPurpose,
  token: string,
  origin: Origin = {},
): Promise<{ link: EmailLink } | { link: EmailLink; repeated: true } | { problem: LinkProblem }> {
  const [link] = await services
    .db('email_links')
    .where({ purpose, token_hash: sha256(token) })
    .whereNull('used_at')
    .where('expires_at', '>', sqlNow(services))
    .update({ used_at: sqlNow(services), used_by: callerHash(services.config, origin) }, [
      'account_id as accountId',
      'email',
    ]);
  if (link) return { link };
  const repeated = await services
    .db('email_links')
    .where({ purpose, token_hash: sha256(token) })
    .whereIn('used_by', callerHashes(services.config, origin))
    .where('used_at', '>=', sqlFromNow(services, -repetitionSeconds))
    .first('account_id as accountId', 'email');
  if (repeated) return { link: repeated, repeated: true };
  const found = await findEmailLink(services, purpose, token);
  // It can be neither used nor expired only if it was made between the two statements; for the caller it was not.
  return 'problem' in found ? found : { problem: 'unknown' };
}

/** Looks at a link without using it: for the page behind it, which a mail scanner may open too. */
export async function findEmailLink(
  services: Services,
  purpose: LinkPurpose,
  token: string,
): Promise<{ link: EmailLink } | { problem: LinkProblem }> {
  const row = await services
    .db('email_links')
    .where({ purpose, token_hash: sha256(token) })
    .first({
      accountId: 'account_id',
      email: 'email',
      usedAt: 'used_at',
      expired: services.db.raw('expires_at <= ?', [sqlNow(services)]),
    });
  if (!row) return { problem: 'unknown' };
  if (row.usedAt) return { problem: 'used' };
  if (row.expired) return { problem: 'expired' };
  return { link: { accountId: row.accountId, email: row.email } };
}

/** Voids the links of an account that nobody used yet: what they would do is no longer wanted. */
export async function voidEmailLinks(services: Services, accountId: string): Promise<void> {
  await services.db('email_links').where({ account_id: accountId }).whereNull('used_at').delete();
}
