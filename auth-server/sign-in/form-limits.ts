/** What stands between a public form and what it asks for: errors at fields, and limits. */
import type { Context } from 'koa';
import { DomainError } from '../../shared/errors.js';
import { addressSubject, emailSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { type Attempt, setRefused, takeLimits, waitInWords } from '../http/limits.js';
import { fieldErrorsOf } from './form-errors.js';

export type Again = (problem: { errors?: FieldErrors; error?: string }) => void | Promise<void>;

/** `others` are the checks of all fields, so that every error is shown at once and not one after another. */
export async function withFieldErrors(
  ctx: Context,
  again: Again,
  act: () => Promise<void>,
  others: readonly (() => unknown)[] = [],
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const errors = error instanceof DomainError ? fieldErrorsOf(error) : undefined;
    if (!errors) throw error;
    ctx.status = 400;
    await again({ errors: { ...(await collectErrors(others)), ...errors } });
  }
}

export async function withLimit(
  services: Services,
  ctx: Context,
  attempts: Attempt[],
  again: Again,
  act: () => Promise<void>,
): Promise<void> {
  const decision = await takeLimits(services, attempts);
  if (decision.allowed) return act();
  const wait = decision.refusedBy ? ` Try again in ${waitInWords(decision.refusedBy)}.` : '';
  await again({ error: `That was too often.${wait}` });
  setRefused(ctx, decision);
}

/**
 * Mail to one email is limited by requesting IP address, known or not, so that others do not use up the owner's
 * requests. The mailbox has a limit over all requesters (shared/mail).
 */
export function withMailLimit(
  services: Services,
  ctx: Context,
  email: string,
  again: Again,
  act: () => Promise<void>,
): Promise<void> {
  const subject = `${emailSubject(email)} ${addressSubject(ctx.ip)}`;
  return withLimit(services, ctx, [{ limit: 'mailedSecrets', subject }], again, act);
}

async function collectErrors(checks: readonly (() => unknown)[]): Promise<FieldErrors> {
  const found: Record<string, string | undefined> = {};
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      Object.assign(found, fieldErrorsOf(error));
    }
  }
  return found;
}
