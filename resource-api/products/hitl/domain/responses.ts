/** Answers, held against the rules of their question. */
import { DomainError } from '../../../../shared/errors.js';
import type { ResponseRules } from './response-rules.js';

/** The answer, null where it is empty and may be. Throws `validation`, naming `field`. */
export function checkResponse(rules: ResponseRules, given: unknown, field: string): unknown {
  const empty = given === undefined || given === null || given === '' || isEmptyList(given);
  if (empty && rules.required) throw refuse(field, 'is required');
  if (empty) return null;
  const problem = findProblem(rules, given);
  if (problem !== undefined) throw refuse(field, problem);
  return given;
}

const refuse = (field: string, problem: string) =>
  new DomainError('validation', { field, message: `${field} ${problem}` });

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function findProblem(rules: ResponseRules, given: unknown): string | undefined {
  switch (rules.type) {
    case 'text': {
      if (typeof given !== 'string') return 'must be a string';
      const { length } = [...given];
      const { minimum, maximum } = rules;
      return length >= minimum && length <= maximum
        ? undefined
        : `must be between ${minimum} and ${maximum} characters`;
    }
    case 'single_select':
      return typeof given === 'string' && rules.values.includes(given)
        ? undefined
        : `must be one of: ${rules.values.join(', ')}`;
    case 'multi_select':
      return findSelectionProblem(rules, given);
    case 'rating':
      return findRatingProblem(rules, given);
    case 'number':
      return findNumberProblem(rules, given);
  }
}

type RulesOf<Type> = Extract<ResponseRules, { type: Type }>;

function findSelectionProblem(rules: RulesOf<'multi_select'>, given: unknown): string | undefined {
  const { values, minimum, maximum } = rules;
  if (!Array.isArray(given) || !given.every((value) => values.includes(value))) {
    return `must be a list out of: ${values.join(', ')}`;
  }
  if (new Set(given).size < given.length) return 'must name each option once';
  return given.length >= minimum && given.length <= maximum
    ? undefined
    : `must have between ${minimum} and ${maximum} selections`;
}

function findRatingProblem(rules: RulesOf<'rating'>, given: unknown): string | undefined {
  const { minimum, maximum, step } = rules;
  const problem = findRangeProblem(given, minimum, maximum);
  if (problem !== undefined) return problem;
  const steps = (Number(given) - minimum) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-9
    ? undefined
    : `must be in steps of ${step} from ${minimum}`;
}

function findNumberProblem(rules: RulesOf<'number'>, given: unknown): string | undefined {
  const problem = findRangeProblem(given, rules.minimum, rules.maximum);
  if (problem !== undefined) return problem;
  return Number(Number(given).toFixed(rules.decimals)) === given
    ? undefined
    : `must have at most ${rules.decimals} decimal places`;
}

function findRangeProblem(given: unknown, minimum: number, maximum: number): string | undefined {
  if (typeof given !== 'number') return 'must be a number';
  return given >= minimum && given <= maximum ? undefined : `must be between ${minimum} and ${maximum}`;
}

/** An answer that the rules allow, as the simulated reviewer gives it: the first option, or the least that will do. */
export function sampleResponse(rules: ResponseRules): unknown {
  switch (rules.type) {
    case 'text':
      return 'Looks good to me.'.padEnd(rules.minimum, '.').slice(0, rules.maximum);
    case 'single_select':
      return rules.values[0];
    case 'multi_select':
      return rules.values.slice(0, Math.max(rules.minimum, 1));
    case 'rating':
      return rules.minimum + rules.step * Math.floor((rules.maximum - rules.minimum) / rules.step);
    case 'number': {
      if (rules.minimum <= 0 && rules.maximum >= 0) return 0;
      const factor = 10 ** rules.decimals;
      return rules.minimum > 0
        ? Math.ceil(rules.minimum * factor) / factor
        : Math.floor(rules.maximum * factor) / factor;
    }
  }
}
