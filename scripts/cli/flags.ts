/**
 * What a command takes. The kind of each flag decides the type of its value, so that a command's `run` gets exactly
 * what it declared: `flags: { email: text('E'), verified: toggle() }` gives `{ email: string; verified: boolean }`.
 */
import { instantExample, parseInstant } from '../../shared/instant.js';
import type { Product } from '../../shared/products/product.js';
import { StartupError } from '../../shared/startup-error.js';

export interface Flag<T> {
  type: 'string' | 'boolean';
  multiple: boolean;
  /** How the value is called in the usage line. */
  placeholder: string;
  required: boolean;
  /** From what was given: nothing, one value, or all of them. Throws a StartupError. */
  read(given: string[], name: string): T;
}

export type Flags = Record<string, Flag<unknown>>;

export type Values<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** A text that must be there. */
export function text(placeholder: string): Flag<string> {
  const read = (given: string[], name: string) => given[0] ?? refuse(`--${name} is missing`);
  return { type: 'string', multiple: false, placeholder, required: true, read };
}

export function optionalText(placeholder: string): Flag<string | undefined> {
  return { type: 'string', multiple: false, placeholder, required: false, read: ([value]) => value };
}

/** One of a few words. */
export function choice<const T extends string>(options: readonly T[], fallback: T): Flag<T> {
  const read = ([value = fallback]: string[], name: string) =>
    options.find((option) => option === value) ?? refuse(`--${name} must be one of: ${options.join(', ')}`);
  return { type: 'string', multiple: false, placeholder: options.join('|'), required: false, read };
}

/** One of a few words, or nothing. */
export function optionalChoice<const T extends string>(options: readonly T[]): Flag<T | undefined> {
  const read = ([value]: string[], name: string) =>
    value === undefined
      ? undefined
      : (options.find((option) => option === value) ??
        refuse(`--${name} must be one of: ${options.join(', ')}`));
  return { type: 'string', multiple: false, placeholder: options.join('|'), required: false, read };
}

/** A whole number that must be there. */
export function number(placeholder: string): Flag<number> {
  const optional = optionalNumber(placeholder);
  const read = (given: string[], name: string) =>
    optional.read(given, name) ?? refuse(`--${name} is missing`);
  return { ...optional, required: true, read };
}

/** A whole number, or nothing. */
export function optionalNumber(placeholder: string): Flag<number | undefined> {
  const read = ([value]: string[], name: string) => {
    if (value === undefined) return undefined;
    return /^-?\d{1,15}$/.test(value) ? Number(value) : refuse(`--${name} must be a whole number`);
  };
  return { type: 'string', multiple: false, placeholder, required: false, read };
}

/** A product by its id, out of those that the command is for. */
export function product<P extends Product>(among: readonly P[]): Flag<P> {
  const read = ([id]: string[], name: string) =>
    among.find((candidate) => candidate.id === id) ??
    refuse(`--${name} must be one of: ${among.map((candidate) => candidate.id).join(', ')}`);
  return { type: 'string', multiple: false, placeholder: 'P', required: true, read };
}

/** On when it is there. */
export function toggle(): Flag<boolean> {
  return {
    type: 'boolean',
    multiple: false,
    placeholder: '',
    required: false,
    read: (given) => given.length > 0,
  };
}

/** Several values with commas. */
export function commaList(placeholder: string): Flag<string[] | undefined> {
  const read = ([value]: string[]) =>
    value
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean);
  return { type: 'string', multiple: false, placeholder: `${placeholder},…`, required: false, read };
}

/** The same, where a word takes away what was set: null. */
export function removableList(placeholder: string, word: string): Flag<string[] | null | undefined> {
  const list = commaList(placeholder);
  const read = (given: string[], name: string) => (given[0] === word ? null : list.read(given, name));
  return { ...list, placeholder: `${list.placeholder}|${word}`, read };
}

/** A flag that is given once or more. */
export function repeated(placeholder: string): Flag<string[]> {
  const read = (given: string[], name: string) => (given.length > 0 ? given : refuse(`--${name} is missing`));
  return { type: 'string', multiple: true, placeholder, required: true, read };
}

/** The same, or nothing. */
export function optionalRepeated(placeholder: string): Flag<string[] | undefined> {
  const read = (given: string[]) => (given.length > 0 ? given : undefined);
  return { type: 'string', multiple: true, placeholder, required: false, read };
}

/** A point in time as ISO 8601 with its zone; a day alone means its beginning in UTC. */
export function optionalTime(): Flag<Date | undefined> {
  const read = ([value]: string[], name: string) => (value === undefined ? undefined : readTime(value, name));
  return { type: 'string', multiple: false, placeholder: 'ISO', required: false, read };
}

/** The same, where `none` takes away what was set: null. */
export function removableTime(): Flag<Date | null | undefined> {
  const read = ([value]: string[], name: string) =>
    value === undefined ? undefined : value === 'none' ? null : readTime(value, name);
  return { type: 'string', multiple: false, placeholder: 'ISO|none', required: false, read };
}

function readTime(value: string, name: string): Date {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(value);
  const instant = parseInstant(isDay ? `${value}T00:00:00Z` : value);
  return instant ?? refuse(`--${name} must be a time with its zone, such as ${instantExample}`);
}

function refuse(complaint: string): never {
  throw new StartupError(complaint);
}
