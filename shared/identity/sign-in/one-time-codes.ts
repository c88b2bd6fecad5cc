/**
 * One-time codes: six digits that prove a mail was read. So few digits can be guessed, which is why they are kept
 * as an HMAC under `SECRET_KEY` (a plain hash of a million values is no secret) and why a try is counted in the
 * very statement that compares: however many guesses of one sender arrive together, five are looked at and one can
 * succeed.
 *
 * The row's key is the purpose and the address, so a new code takes the place of the old one, tries included. That
 * codes are not asked for without end is the business of the route's limit.
 */
import { randomInt } from 'node:crypto';
import { sqlFromNow, sqlNow } from '../../clock.js';
import { keyedHash, keyedHashes } from '../../crypto/secrets.js';
import { canonicalEmail, parseEmail } from '../../email.js';
import { addressSubject } from '../../limiter/subjects.js';
import type { Services } from '../../services.js';

export const codeLifetimeSeconds = 600;
/** Tries of one sender at one code: somebody else's wrong ones do not void it. */
export const maximumCodeTries = 5;
/** Tries at one code over all senders. */
const maximumTriesInAll = 50;

interface CodeSubject {
  /** What the code opens, and nothing else: the id of a product. */
  purpose: string;
  email: string;
}

/** Makes a code and voids the one before; the only time it can be seen. Throws `validation` for the address. */
export async function createOneTimeCode(
  services: Services,
  { purpose, email }: CodeSubject,
): Promise<string> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const address = parseEmail(email);
  await services
    .db('one_time_codes')
    .insert({
      purpose,
      email: address,
      code_hash: keyedHash(services.config, 'one-time-code', hashedText(purpose, address, code)),
      tries: 0,
      tries_by_sender: '{}',
      created_at: sqlNow(services),
      expires_at: sqlFromNow(services, codeLifetimeSeconds),
      used_at: null,
    })
    .onConflict(['purpose', 'email'])
    .merge();
  return code;
}

/**
 * True once for the right code. A wrong one answers false and has used up a try, which counts only if it is
 * committed: do not throw for it inside a transaction.
 */
export async function redeemOneTimeCode(
  services: Services,
  { purpose, email, code, ipAddress = '' }: CodeSubject & { code: string; ipAddress?: string },
): Promise<boolean> {
  const address = canonicalEmail(email);
  const hashes = keyedHashes(
    services.config,
    'one-time-code',
    hashedText(purpose, address, normaliseCode(code)),
  );
  const { rows } = await services.db.raw(
    `update one_time_codes
     set tries = tries + 1,
         tries_by_sender = tries_by_sender
           || jsonb_build_object(:sender::text, coalesce((tries_by_sender ->> :sender)::integer, 0) + 1),
         used_at = case when code_hash = any(:hashes) then :now end
     where purpose = :purpose and email = :address
       and used_at is null and tries < :maximumTriesInAll and expires_at > :now
       and coalesce((tries_by_sender ->> :sender)::integer, 0) < :maximumCodeTries
     returning used_at is not null as redeemed`,
    {
      purpose,
      address,
      hashes,
      sender: addressSubject(ipAddress),
      maximumCodeTries,
      maximumTriesInAll,
      now: sqlNow(services),
    },
  );
  return rows[0]?.redeemed === true;
}

/** Forgets the codes of an address. */
export async function deleteOneTimeCodes(services: Services, email: string): Promise<void> {
  await services
    .db('one_time_codes')
    .where({ email: canonicalEmail(email) })
    .delete();
}

/** A code as people type or paste it: blanks (no-break ones too), hyphens and dashes left out. */
const normaliseCode = (typed: string): string => typed.replace(/[\s\p{Pd}\p{Cf}]/gu, '');

/** The code alone would give the same digest in every row. */
const hashedText = (purpose: string, address: string, code: string): string =>
  JSON.stringify([purpose, address, code]);
