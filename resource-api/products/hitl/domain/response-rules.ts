/**
 * How a question wants to be answered: five types, each with rules in its `response_config`. Members that only
 * concern how it looks (labels, placeholder, prefix, …) are kept as they are and not looked at.
 */
import { DomainError } from '../../../../shared/errors.js';

export const responseTypes = ['text', 'single_select', 'multi_select', 'rating', 'number'] as const;
export type ResponseType = (typeof responseTypes)[number];
export type ResponseConfig = Record<string, unknown>;

interface Required {
  /** Whether an empty answer is none. */
  required: boolean;
}

export type ResponseRules = Required &
  (
    | { type: 'text'; minimum: number; maximum: number }
    | { type: 'single_select'; values: string[] }
    | { type: 'multi_select'; values: string[]; minimum: number; maximum: number }
    | { type: 'rating'; minimum: number; maximum: number; step: number }
    | { type: 'number'; minimum: number; maximum: number; decimals: number }
  );

const maximumText = 5_000;
const maximumOptions = 20;
const maximumOptionLength = 200;
const maximumDecimals = 10;
/** Beyond this, whole numbers are no longer exact. */
const largest = Number.MAX_SAFE_INTEGER;

const invalid = (message: string) => new DomainError('validation', { field: 'response_config', message });

/** The rules in a configuration. Throws `validation`, naming `response_config`. */
export function readResponseRules(type: ResponseType, config: ResponseConfig): ResponseRules {
  const required = readFlag(config, 'required', false);
  switch (type) {
    case 'text': {
      const maximum = readWhole(config, 'max_length', 1, maximumText) ?? maximumText;
      return { type, required, minimum: readWhole(config, 'min_length', 0, maximum) ?? 0, maximum };
    }
    case 'single_select':
      return { type, required, values: readOptions(config) };
    case 'multi_select': {
      const values = readOptions(config);
      const maximum = readWhole(config, 'max_selections', 1, values.length) ?? values.length;
      const minimum = readWhole(config, 'min_selections', 0, maximum) ?? (required ? 1 : 0);
      return { type, required, values, minimum, maximum };
    }
    case 'rating':
      return { type, required, ...readScale(config) };
    case 'number':
      return { type, required, ...readRange(config) };
  }
}

function readScale(config: ResponseConfig): { minimum: number; maximum: number; step: number } {
  const minimum = readNumber(config, 'scale_min') ?? 1;
  const maximum = readNumber(config, 'scale_max') ?? 5;
  if (minimum >= maximum) throw invalid('scale_min must be less than scale_max');
  const step = readNumber(config, 'scale_step') ?? 1;
  if (step <= 0 || step > maximum - minimum) {
    throw invalid('scale_step must be more than 0 and at most the length of the scale');
  }
  return { minimum, maximum, step };
}

function readRange(config: ResponseConfig): { minimum: number; maximum: number; decimals: number } {
  const lowest = readFlag(config, 'allow_negative', true) ? -largest : 0;
  const minimum = Math.max(readNumber(config, 'min_value') ?? lowest, lowest);
  const maximum = readNumber(config, 'max_value') ?? largest;
  if (minimum > maximum) throw invalid('min_value must not be more than max_value');
  const decimals = readWhole(config, 'decimal_places', 0, maximumDecimals) ?? maximumDecimals;
  const factor = 10 ** decimals;
  if (minimum > 0 && Math.ceil(minimum * factor) / factor > maximum) {
    throw invalid('min_value, max_value and decimal_places leave no number to answer with');
  }
  return { minimum, maximum, decimals };
}

function readOptions({ options }: ResponseConfig): string[] {
  if (!Array.isArray(options)) throw invalid('options array required for select response type');
  if (options.length < 1 || options.length > maximumOptions) {
    throw invalid(`options must have 1 to ${maximumOptions} items`);
  }
  const values = options.map((option, index) => {
    const value = typeof option === 'string' ? option : option?.value;
    if (typeof value !== 'string' || value === '' || value.length > maximumOptionLength) {
      throw invalid(
        `options.${index} must be a string, or an object with a value, of 1 to ${maximumOptionLength} characters`,
      );
    }
    return value;
  });
  if (new Set(values).size < values.length) throw invalid('options must differ in their values');
  return values;
}

function readFlag(config: ResponseConfig, name: string, otherwise: boolean): boolean {
  const value = config[name] ?? otherwise;
  if (typeof value !== 'boolean') throw invalid(`${name} must be a boolean`);
  return value;
}

function readNumber(config: ResponseConfig, name: string): number | undefined {
  const value = config[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || Math.abs(value) > largest) throw invalid(`${name} must be a number`);
  return value;
}

function readWhole(
  config: ResponseConfig,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const value = readNumber(config, name);
  if (value !== undefined && (!Number.isInteger(value) || value < minimum || value > maximum)) {
    throw invalid(`${name} must be a whole number between ${minimum} and ${maximum}`);
  }
  return value;
}
