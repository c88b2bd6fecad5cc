/**
 * `npm run -s cli -- NOUN VERB --flag value`: an operator's hand on Latchkey. Prints one JSON object (an export: one
 * in each line); errors go to stderr with exit status 1. It acts through the same domain functions as the servers, so what it changes takes
 * effect in running servers at once.
 *
 * A noun is a file of scripts/cli, named after it, that exports its verbs: adding one needs no other change. A noun
 * that is a command by itself has the verb ''.
 */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { StartupError } from '../shared/startup-error.js';
import type { Command, Verbs } from './cli/command.js';
import { withContext } from './cli/context.js';
import { runCommand } from './command.js';

const folder = new URL('./cli/', import.meta.url);
/** Files of the folder that are not nouns. */
const machinery = new Set(['command', 'context', 'flags']);

await runCommand(async () => {
  const [noun = '', ...rest] = process.argv.slice(2);
  const verb = rest[0] === undefined || rest[0].startsWith('-') ? '' : rest[0];
  const command = await findCommand(noun, verb);
  const act = command.parse(verb === '' ? rest : rest.slice(1));
  await withContext(command.needsSchema, async (context) => print(await act(context)));
});

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

async function findCommand(noun: string, verb: string): Promise<Command> {
  const nouns = await listNouns();
  if (!nouns.includes(noun)) throw new StartupError(await usage(nouns));
  const verbs = await loadVerbs(noun);
  const command = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (command === undefined) throw new StartupError(await usage([noun]));
  return command;
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

async function usage(nouns: string[]): Promise<string> {
  const lines = ['usage: npm run -s cli -- NOUN VERB --flag value'];
  for (const noun of nouns) {
    for (const [verb, command] of Object.entries(await loadVerbs(noun))) {
      lines.push(`  ${[noun, verb, command.usage].filter(Boolean).join(' ')}`);
    }
  }
  return lines.join('\n');
}
