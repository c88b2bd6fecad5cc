/** Codes that people read out and type in: no letter that looks like a digit. Looked up without regard to case. */
import { randomBytes } from 'node:crypto';

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** How long an invitation is good. */
export const invitationSeconds = 7 * 86_400;

/** A random code; with 32 letters each byte is unbiased. */
export function newInviteCode(length = 9): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

/** As it is stored, however it was typed. */
export const normaliseInviteCode = (typed: string): string =>
  typed.replace(/[\s\p{Pd}\p{Cf}]/gu, '').toUpperCase();
