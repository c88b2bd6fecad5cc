import { Option } from 'commander';
import type { Context } from './context.js';
import type { Flag, Flags, Values } from './flags.js';

/** One verb of a noun, ready to be run. */
export interface Command {
  usage: string;
  /** Whether the embedded database is migrated before the command acts. */
  needsSchema: boolean;
  /** What the parser of the command line has to know. */
  options(): Option[];
  /** Reads the values before anything is opened. Throws a StartupError that names what is wrong. */
  parse(given: Record<string, unknown>): (context: Context) => Promise<object>;
}

/** What a noun's file exports as `verbs`. */
export type Verbs = Record<string, Command>;

export interface Definition<F extends Flags> {
  flags: F;
  needsSchema?: boolean;
  /** @returns what is printed: an object, or lines that are printed as they are */
  run(context: Context, values: Values<F>): Promise<object>;
}

export function defineCommand<F extends Flags>({ flags, needsSchema = true, run }: Definition<F>): Command {
  return {
    usage: Object.entries(flags).map(describe).join(' '),
    needsSchema,
    options: () => Object.entries(flags).map(toOption),
    parse(given) {
      const values = Object.fromEntries(
        Object.entries(flags).map(([name, flag]) => {
          const value = given[toOption([name, flag]).attributeName()];
          return [name, flag.read(value === undefined ? [] : [value].flat().map(String), name)];
        }),
      ) as Values<F>;
      return (context) => run(context, values);
    },
  };
}

function toOption([name, { type, multiple, placeholder, required }]: [string, Flag<unknown>]): Option {
  const option = new Option(
    type === 'boolean' ? `--${name}` : `--${name} <${placeholder}>`,
    required ? 'required' : '',
  );
  if (multiple) option.argParser((value: string, earlier?: string[]) => [...(earlier ?? []), value]);
  return option;
}

function describe([name, { placeholder, required, multiple }]: [string, Flag<unknown>]): string {
  const words = `--${name} ${placeholder}`.trim();
  return `${required ? words : `[${words}]`}${multiple ? ' …' : ''}`;
}
