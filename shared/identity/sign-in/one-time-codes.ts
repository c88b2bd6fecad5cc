/**
 * One-time codes: six digits that prove that a mail was read. So few digits can be guessed, which is why they are
 * stored as an HMAC under `SECRET_KEY` and why a try is counted in the statement that compares.
 *
 * Each requester has a code of their own, so several codes of one email can be live. A browser that requested a code
 * has five tries at it that nobody else can use up. Everybody else has five tries per IP address at each code, and
 * fifty together. How many codes are live is bounded by the limit of mails to one mailbox.
 */
import { randomInt } from 'node:crypto';
import { sqlFromNow, sqlNow } from '../../clock.js';
import { keyedHash, keyedHashes, randomSecret } from '../../crypto/secrets.js';
import { canonicalEmail, parseEmail } from '../../email.js';
import { newId } from '../../ids.js';
import { addressSubject } from '../../limiter/subjects.js';
import { repetitionSeconds } from '../../repetition.js';
import type { Services } from '../../services.js';
import { callerHash, callerHashes } from '../attempts/callers.js';
import type { Origin } from '../people/origin.js';

export const codeLifetimeSeconds = 600;
/** Tries of one sender at one code. */
export const maximumCodeTries = 5;
/** Tries at one code over all senders but the browser that requested it. */
const maximumTriesInAll = 50;

interface CodeSubject {
  /** What the code opens, and nothing else: the id of a product, or `sign-up`. */
  purpose: string;
  email: string;
  /** A secret that only the requesting browser holds, from a cookie. */
  browser?: string;
}

/**
 * Makes a code, the only time it can be seen, and voids the one that the same browser requested before. Throws
 * `validation` for the email.
 */
export async function createOneTimeCode(
  services: Services,
  { purpose, email, browser = randomSecret() }: CodeSubject,
): Promise<string> {
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const address = parseEmail(email);
  await services
    .db('email_codes')
    .insert({
      id: newId(),
      purpose,
      email: address,
      requester_hash: keyedHash(services.config, 'one-time-code', browserText(browser)),
      code_hash: keyedHash(services.config, 'one-time-code', hashedText(purpose, address, code)),
      tries: 0,
      tries_by_sender: '{}',
      created_at: sqlNow(services),
      expires_at: sqlFromNow(services, codeLifetimeSeconds),
      used_at: null,
      used_by: null,
    })
    .onConflict(['purpose', 'email', 'requester_hash'])
    .merge();
  return code;
}

export interface RedeemedCode {
  id: string;
  /** The same caller gave the same code a moment ago: its effect has happened. */
  repeated: boolean;
}

/**
 * The code, for the first caller who gives it, and once more for the same caller within a moment. A wrong one has
 * used up a try, which counts only if it is committed: do not throw for it inside a transaction.
 */
export async function redeemOneTimeCode(
  services: Services,
  { purpose, email, code, browser }: CodeSubject & { code: string },
  origin: Origin = {},
): Promise<RedeemedCode | undefined> {
  const { config } = services;
  const address = canonicalEmail(email);
  const text = hashedText(purpose, address, normaliseCode(code));
  const hashes = keyedHashes(config, 'one-time-code', text);
  const given = {
    purpose,
    address,
    hashes,
    browsers: browser === undefined ? [] : keyedHashes(config, 'one-time-code', browserText(browser)),
    sender: addressSubject(origin.address ?? ''),
    caller: callerHash(config, origin),
    callers: callerHashes(config, origin),
    maximumCodeTries,
    maximumTriesInAll,
    now: sqlNow(services),
    momentAgo: sqlFromNow(services, -repetitionSeconds),
  };
  // The rows are locked in one order, so that parallel attempts do not wait for each other in a circle.
  const { rows: tried } = await services.db.raw(
    `update email_codes
     set tries = tries + case when requester_hash = any(:browsers::bytea[]) then 0 else 1 end,
         tries_by_sender = tries_by_sender || jsonb_build_object(
           case when requester_hash = any(:browsers::bytea[]) then 'browser' else :sender::text end,
           coalesce((tries_by_sender ->> case when requester_hash = any(:browsers::bytea[])
             then 'browser' else :sender::text end)::integer, 0) + 1),
         used_at = case when code_hash = any(:hashes::bytea[]) then :now end,
         used_by = case when code_hash = any(:hashes::bytea[]) then :caller::bytea end
     where id = any(array(
         select id from email_codes
         where purpose = :purpose and email = :address and used_at is null and expires_at > :now
         order by id for update))
       and used_at is null
       and (tries < :maximumTriesInAll or requester_hash = any(:browsers::bytea[]))
       and coalesce((tries_by_sender ->> case when requester_hash = any(:browsers::bytea[])
         then 'browser' else :sender::text end)::integer, 0) < :maximumCodeTries
     returning id, used_at is not null as redeemed`,
    given,
  );
  const redeemed = tried.find((row: { redeemed: boolean }) => row.redeemed);
  if (redeemed) return { id: redeemed.id, repeated: false };
  const { rows: used } = await services.db.raw(
    `select id from email_codes
     where purpose = :purpose and email = :address and code_hash = any(:hashes::bytea[])
       and used_by = any(:callers::bytea[]) and used_at >= :momentAgo`,
    given,
  );
  return used[0] && { id: used[0].id, repeated: true };
}

/** Forgets the codes of an email. */
export async function deleteOneTimeCodes(services: Services, email: string): Promise<void> {
  for (const table of ['email_codes', 'one_time_codes']) {
    await services
      .db(table)
      .where({ email: canonicalEmail(email) })
      .delete();
  }
}

/** A code as people type or paste it: blanks (no-break ones too), hyphens and dashes left out. */
const normaliseCode = (typed: string): string => typed.replace(/[\s\p{Pd}\p{Cf}]/gu, '');

/** The code alone would give the same digest in every row. */
const hashedText = (purpose: string, address: string, code: string): string =>
  JSON.stringify([purpose, address, code]);

const browserText = (browser: string): string => JSON.stringify(['browser', browser]);
