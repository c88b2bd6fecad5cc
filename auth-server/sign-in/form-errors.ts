/** What the domain refuses, in the terms of the form that asked for it. */
import type { Context } from 'koa';
import { DomainError } from '../../shared/errors.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import type { FormPlan } from './form-plan.js';

/** Domain names of members that a form calls otherwise. */
const fieldNames: Readonly<Record<string, string>> = {
  redirect_uri: 'redirect_uris',
  expires: 'expires_on',
  expires_at: 'expires_on',
};

/**
 * Runs what a form asks for. What is wrong with a field shows the form again, with status 400 and the error at the
 * field; anything else is thrown.
 */
export async function orShowAgain(
  { ctx }: { ctx: Context },
  { act, again, otherField }: FormPlan,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    const errors = error instanceof DomainError ? fieldErrorsOf(error, otherField) : undefined;
    if (!errors) throw error;
    ctx.status = 400;
    await again(errors);
  }
}

/** By field, what a domain error says about a form; undefined when no field is to blame. */
export function fieldErrorsOf({ code, data }: DomainError, otherField?: string): FieldErrors | undefined {
  const name = data.field === undefined ? otherField : (fieldNames[data.field] ?? data.field);
  if (name === undefined || code === 'not_found') return undefined;
  const text = code === 'wrong_password' ? 'that is not your password' : data.message;
  return { [name]: toSentence(text ?? 'that is not possible') };
}

/** With a capital and a full stop. */
export const toSentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
