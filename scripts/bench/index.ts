/**
 * `npm run bench`: prints every row with its ratio, its target and whether it holds, and exits with 1 when one does not.
 * Options: `--only ROW`, `--rounds N`, `--seconds N` for one turn, `--json FILE`; and `--only refresh` or
 * `--only webhooks` for the two comparisons that have no target yet.
 *
 * In each round every contestant starts afresh in a process of its own, because a server changes as its memory fills,
 * and contestants take turns row by row.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measure, startContestant } from './contestant.js';
import { openEnvironment } from './environment.js';
import { benchRefresh } from './refresh.js';
import { createRows, type Row } from './rows.js';
import { describeRun, formatTable, type Round, summarise } from './table.js';
import { benchWebhooks } from './webhooks.js';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const comparisons = { refresh: benchRefresh, webhooks: benchWebhooks };
const secret = randomBytes(32).toString('hex');
const { services, close } = await openEnvironment(secret);

async function runRound(rows: readonly Row[], measured: Map<string, Round[]>): Promise<void> {
  const { databaseUrl = '', redisUrl } = services.config;
  const order = { kind: 'api', databaseUrl, redisUrl, secret, rateLimitFactor: 1_000_000 } as const;
  const served = await startContestant(order);
  const koa = await startContestant({ ...order, kind: 'koa' });
  const full = await startContestant({ ...order, rateLimitFactor: 1e-7 });
  try {
    for (const row of rows) {
      const isFull = row.against === 'served';
      const ours = isFull ? full : served;
      const theirs = isFull ? served : koa;
      const reference = { path: isFull ? row.path : '/', headers: row.headers, status: 200 };
      // The first request to a full window is let through, and the first of a server are slow.
      await fetch(ours.url + row.path, { headers: row.headers });
      await measure(services, ours, row, 1);
      await measure(services, theirs, reference, 1);
      const round = {
        ours: await measure(services, ours, row, seconds),
        theirs: await measure(services, theirs, reference, seconds),
      };
      measured.set(row.name, [...(measured.get(row.name) ?? []), round]);
    }
  } finally {
    for (const contestant of [served, koa, full]) contestant.stop();
  }
}

try {
  const comparison = Object.entries(comparisons).find(([name]) => name === values.only)?.[1];
  if (comparison) {
    for (const line of await comparison(services)) console.log(line);
  } else {
    const all = await createRows(services);
    const rows = all.filter(({ name }) => values.only === undefined || name === values.only);
    if (rows.length === 0)
      throw new Error(`There is no row ${values.only}: ${all.map(({ name }) => name).join(', ')}`);
    const measured = new Map<string, Round[]>();
    for (let round = 0; round < rounds; round += 1) await runRound(rows, measured);
    const results = rows.map((row) => summarise(row, measured.get(row.name) ?? []));
    const run = describeRun(rounds);
    console.log(`Node ${run.node}, ${run.processors} × ${run.processor}, ${rounds} rounds\n`);
    console.log(formatTable(results));
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ run, results }, null, 2)}\n`);
    if (results.some(({ holds }) => !holds)) process.exitCode = 1;
  }
} finally {
  await close();
}
