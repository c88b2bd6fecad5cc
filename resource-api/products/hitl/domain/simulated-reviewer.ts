/**
 * Who answers in the test environment: nobody real. What a test question says in `context.simulate` is done to it
 * shortly after it was asked; without it, it is answered.
 */
import { DomainError } from '../../../../shared/errors.js';

/** As a reviewer is named; no person has this id. */
export const simulatedReviewer = {
  id: '000000000000000000000001',
  name: 'Simulated reviewer',
  email: 'reviewer@simulated.invalid',
};

export const simulatedDelaySeconds = 2;

/** What is to be simulated. Throws `validation` for what nobody can simulate. */
export function readSimulation(context: Record<string, unknown> | null): 'respond' | 'timeout' {
  const wish = context?.simulate ?? 'respond';
  if (wish === 'respond' || wish === 'timeout') return wish;
  throw new DomainError('validation', {
    field: 'context.simulate',
    message: 'context.simulate must be one of: respond, timeout',
  });
}
