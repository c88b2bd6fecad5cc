import { parseArgs } from 'node:util';
import { StartupError } from '../../shared/startup-error.js';
import type { Context } from './context.js';
import type { Flag, Flags, Values } from './flags.js';

/** One verb of a noun, ready to be run. */
export interface Command {
  usage: string;
  /** Whether the embedded database is migrated before the command acts. */
  needsSchema: boolean;
  /** Reads the arguments before anything is opened. Throws a StartupError that names what is wrong. */
  parse(args: string[]): (context: Context) => Promise<object>;
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
    parse(args) {
      const given = parse(flags, args);
      const values = Object.fromEntries(
        Object.entries(flags).map(([name, flag]) => [name, flag.read(given(name), name)]),
      ) as Values<F>;
      return (context) => run(context, values);
    },
  };
}

function parse(flags: Flags, args: string[]): (name: string) => string[] {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, multiple }]) => [name, { type, multiple }]),
  );
  try {
    const { values } = parseArgs({ args, options, allowPositionals: false, strict: true });
    return (name) => (values[name] === undefined ? [] : [values[name]].flat().map(String));
  } catch (error) {
    throw new StartupError((error as Error).message);
  }
}

function describe([name, { placeholder, required, multiple }]: [string, Flag<unknown>]): string {
  const words = `--${name} ${placeholder}`.trim();
  return `${required ? words : `[${words}]`}${multiple ? ' …' : ''}`;
}
