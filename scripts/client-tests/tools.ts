/**
 * The suite and the Node that it needs, in a folder of their own: in `node_modules` the package `node` would put its
 * binary before the one that runs our scripts. They are installed once and called by path.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const packages = { '@modelcontextprotocol/conformance': '0.2.0-alpha.12', node: '22' };

export interface Tools {
  node: string;
  suite: string;
  folder: string;
}

/** Throws with one sentence where the packages cannot be installed. */
export async function installTools(): Promise<Tools> {
  const folder = resolve('.data/client-tests');
  await mkdir(folder, { recursive: true });
  const tools = {
    folder,
    node: join(folder, 'node_modules/node/bin/node'),
    suite: join(folder, 'node_modules/@modelcontextprotocol/conformance/dist/index.js'),
  };
  if (existsSync(tools.node) && existsSync(tools.suite)) return tools;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
  const code = await run('npm', ['install', '--no-audit', '--no-fund'], folder);
  if (code !== 0 || !existsSync(tools.node) || !existsSync(tools.suite)) {
    throw new Error(`npm could not install the conformance suite and Node 22 into ${folder}.`);
  }
  return tools;
}

/**
 * Runs what a revision requires, and what the suite has besides; returns the names of the scenarios in which a check
 * failed, sorted. Throws when the suite did not run.
 */
export async function runConformance(
  { node, suite, folder }: Tools,
  url: string,
  revision: string,
): Promise<string[]> {
  const results = join(folder, `results-${revision}`);
  await rm(results, { recursive: true, force: true });
  const call = [suite, 'server', '--url', url, '--requirements', revision, '-o', results];
  await run(node, call, folder);
  const failing = [];
  const scenarios = await readdir(results);
  if (scenarios.length === 0) throw new Error('the conformance suite ran no scenario');
  for (const scenario of scenarios) {
    const checks: { status: string }[] = JSON.parse(
      await readFile(join(results, scenario, 'checks.json'), 'utf8'),
    );
    // `server-tools-list-2026-11-28T22-49-06-001Z`: the time is ours, the rest is the scenario.
    const name = scenario.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '');
    if (checks.some(({ status }) => status === 'FAILURE')) failing.push(name);
  }
  return failing.sort();
}

function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', fail);
    child.on('exit', (code) => done(code ?? 1));
  });
}
