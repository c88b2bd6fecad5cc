/**
 * `latchkey NOUN VERB --flag value`, the command line of an operator. Prints one JSON object (an export: one in each
 * line); errors go to stderr with exit status 1. It acts through the same domain functions as the servers, so what it
 * changes takes effect in running servers at once.
 *
 * A noun is a file of scripts/cli, named after it, that exports its verbs: adding one needs no other change. A noun
 * that is a command by itself has the verb ''. Only the noun in use is loaded; help without one loads all.
 */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { CommanderError, Command as Program } from 'commander';
import { StartupError } from '../shared/startup-error.js';
import { version } from '../shared/version.js';
import type { Command, Verbs } from './cli/command.js';
import { withContext } from './cli/context.js';
import { runCommand } from './command.js';

const folder = new URL('./cli/', import.meta.url);
/** Files of the folder that are not nouns. */
const machinery = new Set(['command', 'context', 'flags']);

await runCommand(async () => {
  const args = process.argv.slice(2);
  const nouns = await listNouns();
  const first = args.find((arg) => !arg.startsWith('-'));
  const chosen = nouns.find((noun) => noun === first);
  const program = createProgram('latchkey').description('Operates an installation of Latchkey.');
  const calls: string[] = [];
  for (const noun of chosen === undefined ? nouns : [chosen]) {
    calls.push(...addNoun(program, noun, await loadVerbs(noun)));
  }
  program.addHelpText('after', listCalls(calls));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and the version were printed; a call without a verb is told the same as an error.
    if (error.exitCode !== 0) process.exitCode = 1;
    if (!error.code.startsWith('commander.help') && error.exitCode !== 0) {
      throw new StartupError(error.message.replace(/^error: /, '').replaceAll('\n', ' '));
    }
  }
});

function createProgram(name: string): Program {
  return new Program(name)
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print what can be called')
    .helpCommand(false)
    .option('--json', 'print JSON, as is always done')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
}

function listCalls(lines: string[]): string {
  return `\nCalls:\n${lines.join('\n')}`;
}

/** @returns a line for each verb, with all that it takes */
function addNoun(program: Program, noun: string, verbs: Verbs): string[] {
  const parent = createProgram(noun);
  const lines = Object.entries(verbs).map(([verb, command]) =>
    `  ${[noun, verb, command.usage].filter(Boolean).join(' ')}`.trimEnd(),
  );
  parent.summary(Object.keys(verbs).filter(Boolean).join(', '));
  parent.addHelpText('after', listCalls(lines));
  for (const [verb, command] of Object.entries(verbs)) {
    if (verb === '') {
      addCall(parent, command);
    } else {
      const child = createProgram(verb);
      addCall(child, command);
      parent.addCommand(child);
    }
  }
  program.addCommand(parent);
  return lines;
}

function addCall(program: Program, command: Command): void {
  for (const option of command.options()) program.addOption(option);
  program.usage(command.usage).action(async () => {
    const act = command.parse(program.opts());
    await withContext(command.needsSchema, async (context) => print(await act(context)));
  });
}

/** Lines are printed as they come, and no faster than they are taken. */
async function print(result: object): Promise<void> {
  if (!isLines(result)) {
    console.log(JSON.stringify(result));
    return;
  }
  for await (const line of result) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
}

function isLines(result: object): result is AsyncIterable<string> {
  return Symbol.asyncIterator in result;
}

async function loadVerbs(noun: string): Promise<Verbs> {
  const { verbs } = await import(new URL(`${noun}.js`, folder).href);
  return verbs;
}

async function listNouns(): Promise<string[]> {
  const files = await readdir(folder);
  const names = files.flatMap((file) => /^([a-z-]+)\.(?:ts|js)$/.exec(file)?.[1] ?? []);
  return [...new Set(names)].filter((name) => !machinery.has(name)).sort();
}
