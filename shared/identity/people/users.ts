/**
 * People. One table for all: a developer, a human who takes tasks, or both.
 */
import { type AuditEvent, recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { countCharacters, isVisible } from '../../characters.js';
import { sqlNow } from '../../clock.js';
import { canonicalEmail, parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { newId } from '../../ids.js';
import { isUniqueViolation } from '../../postgres/db.js';
import { inTransaction, type Services } from '../../services.js';
import { hashNewPassword } from '../passwords/new-passwords.js';
import { createHuman } from './humans.js';
import { auditOrigin, type Origin } from './origin.js';
import { noteMailboxProven } from './unclaimed-agents.js';

export interface User {
  id: string;
  email: string;
  name: string;
  passwordHash: string | null;
  emailVerifiedAt: Date | null;
  status: 'active' | 'disabled' | 'erased';
  tokenVersion: number;
  createdAt: Date;
}

export interface NewUser {
  email: string;
  name: string;
  /** Absent for people who sign in by one-time code only. */
  password?: string;
  verified?: boolean;
  /** Also makes a human with a profile, who can take tasks. */
  human?: boolean;
}

/** Who does it, for the audit log. */
export type Actor = AuditEvent['actor'];

export const userColumns = {
  id: 'id',
  email: 'email',
  name: 'name',
  passwordHash: 'password_hash',
  emailVerifiedAt: 'email_verified_at',
  status: 'status',
  tokenVersion: 'token_version',
  createdAt: 'created_at',
};

/** Trims and checks a display name of 1 to 100 code points, at least one of them visible. Throws `validation`. */
export function parseName(text: string, field = 'name'): string {
  const name = text.trim();
  if (countCharacters(name) > 100 || /\p{Cc}/u.test(name) || !isVisible(name)) {
    const message = `${field} must have 1 to 100 characters, of which one can be seen`;
    throw new DomainError('validation', { field, message });
  }
  return name;
}

/** Whether a write failed because another person has the email. */
export const isEmailTaken = (error: unknown): boolean =>
  isUniqueViolation(error, 'users_canonical_email_key') || isUniqueViolation(error, 'users_email_key');

/** Creates a person. Throws `already_registered` for a known address and `validation`. */
export async function createUser(
  services: Services,
  input: NewUser,
  actor?: Actor,
  origin: Origin = {},
): Promise<User> {
  const email = parseEmail(input.email);
  const name = parseName(input.name);
  const passwordHash =
    input.password === undefined
      ? null
      : await hashNewPassword(services.config, input.password, { email, name });
  const id = newId();
  try {
    return await inTransaction(services, async (tx) => {
      const [user] = await tx.db('users').insert(
        {
          id,
          email,
          name,
          password_hash: passwordHash,
          email_verified_at: input.verified ? sqlNow(tx) : null,
          created_at: sqlNow(tx),
        },
        Object.values(userColumns),
      );
      if (input.verified) await noteMailboxProven(tx, email);
      if (input.human) await createHuman(tx, { id, displayName: name });
      await recordAudit(tx, {
        accountId: id,
        action: 'user.created',
        actor: actor ?? { kind: 'person', id },
        target: { kind: 'user', id },
        ...auditOrigin(origin, { email }),
      });
      return fromRow(user);
    });
  } catch (error) {
    if (isEmailTaken(error)) throw new DomainError('already_registered');
    throw error;
  }
}

export async function findUserById(services: Services, id: string): Promise<User | undefined> {
  return services.db('users').select(userColumns).where({ id }).first();
}

/** By any spelling of the email; undefined for text that is no email, too. */
export async function findUserByEmail(services: Services, email: string): Promise<User | undefined> {
  return services
    .db('users')
    .select(userColumns)
    .where({ email: canonicalEmail(email) })
    .first();
}

/** Throws `not_found`. */
export async function getUserByEmail(services: Services, email: string): Promise<User> {
  const user = await findUserByEmail(services, email);
  if (!user)
    throw new DomainError('not_found', { subject: 'user', message: `No user has the address ${email}` });
  return user;
}

/** Gives a person another name. Throws `validation` and `not_found`. */
export async function renameUser(
  services: Services,
  { userId, name }: { userId: string; name: string },
  actor: Actor,
): Promise<void> {
  const parsed = parseName(name);
  await inTransaction(services, async (tx) => {
    const changed = await tx.db('users').where({ id: userId, status: 'active' }).update({ name: parsed });
    if (changed === 0) throw new DomainError('not_found', { subject: 'user' });
    await announceChange(tx, { kind: 'account', id: userId });
    await recordAudit(tx, {
      accountId: userId,
      action: 'user.renamed',
      actor,
      target: { kind: 'user', id: userId },
    });
  });
}

function fromRow(row: Record<string, unknown>): User {
  return Object.fromEntries(
    Object.entries(userColumns).map(([property, column]) => [property, row[column]]),
  ) as unknown as User;
}
