/**
 * Signing in with a code by mail. It needs no account: a right code proves the address, and an address that is new
 * becomes a person. So there is nothing to tell about an address, and nothing is told.
 */
import { recordAudit } from '../../audit/audit.js';
import { parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { queueMail, takeMail } from '../../mail/mail.js';
import type { Product } from '../../products/product.js';
import { inTransaction, type Services } from '../../services.js';
import { isKnownNetwork, rememberNetwork } from '../attempts/known-networks.js';
import { signInCodeMail } from '../mails/sign-in-code.js';
import { auditOrigin, type Origin, stranger } from '../people/origin.js';
import { createUser, findUserByEmail, type User } from '../people/users.js';
import { performOrSimulate } from './equal-effort.js';
import { endUnprovenPast } from './first-proof.js';
import { createOneTimeCode, redeemOneTimeCode } from './one-time-codes.js';
import { auditRefusal, auditSignIn } from './sign-in.js';
import { endSignIns } from './sign-ins.js';
import { markVerified } from './sign-up.js';

/** Mails a code for a product to an address, unless its account is disabled, which the answer does not tell. Throws `validation`. */
export async function sendSignInCode(
  services: Services,
  product: Product,
  { email, browser }: { email: string; browser?: string },
  origin: Origin,
): Promise<void> {
  const address = parseEmail(email);
  const known = await isKnownNetwork(services, address, origin.address ?? '');
  await inTransaction(services, async (tx) => {
    const user = await findUserByEmail(tx, address);
    const welcome = user === undefined || user.status === 'active';
    await performOrSimulate(tx, welcome, async (inner) => {
      // Without a mail there is no code either: how many can be guessed at is bounded by the mails.
      if (!(await takeMail(inner, 'sign_in_code', address, { known }))) return;
      const code = await createOneTimeCode(inner, { purpose: product.id, email: address, browser });
      const mail = signInCodeMail(inner, { code, productName: product.name }, origin);
      await queueMail(inner, { to: address, ...mail });
    });
    await recordAudit(tx, {
      accountId: user?.id ?? null,
      action: 'user.code_requested',
      actor: stranger,
      details: { product: product.id, sent: welcome },
      ...auditOrigin(origin),
    });
  });
}

/** A person, and an id for what they signed in with: the same for a repetition within a moment. */
export type CodeSignIn = User & { signInId: string };

/**
 * The person whose address and code these are; a new one for a new address. The same code again by the same caller
 * within a moment is the same sign-in. Throws `wrong_password` for a code that is wrong, used, too old or tried too
 * often; the try then counts, so do not call it inside a transaction.
 */
export async function signInWithCode(
  services: Services,
  product: Product,
  { email, code, browser }: { email: string; code: string; browser?: string },
  origin: Origin,
): Promise<CodeSignIn> {
  const user = await inTransaction(services, async (tx) => {
    const right = await redeemOneTimeCode(tx, { purpose: product.id, email, code, browser }, origin);
    const known = await findUserByEmail(tx, email);
    const details = { method: 'code', at: product.id } as const;
    if (!right || (right.repeated && !known) || (known && known.status !== 'active')) {
      await auditRefusal(tx, known, { ...details, reason: right ? 'disabled' : 'wrong_code' }, origin);
      return undefined;
    }
    const person = await provePerson(tx, known, email, origin);
    if (!right.repeated) {
      await auditSignIn(tx, person, details, origin);
      if (origin.address !== undefined) await rememberNetwork(tx, person, origin.address);
    }
    return { ...person, signInId: right.id };
  });
  if (!user) throw new DomainError('wrong_password', { message: 'Invalid or expired code' });
  return user;
}

async function provePerson(
  tx: Services,
  known: User | undefined,
  email: string,
  origin: Origin,
): Promise<User> {
  if (!known) {
    const address = parseEmail(email);
    const name = address.split('@')[0] ?? address;
    return createUser(tx, { email: address, name, verified: true }, undefined, origin);
  }
  if (known.emailVerifiedAt) return known;
  // Nobody knows whose password this is: the address is proven now for the first time, and not by it.
  await tx.db('users').where({ id: known.id }).update({ password_hash: null });
  const actor = { kind: 'person', id: known.id, ...origin } as const;
  await endSignIns(tx, known.id, actor);
  await endUnprovenPast(tx, known.id, actor);
  return (await markVerified(tx, known.id, known.email, origin)) ?? known;
}
