/** What was measured, as a table for people and as JSON for programs. */
import { cpus } from 'node:os';
import type { Cost } from './contestant.js';
import type { Row } from './rows.js';

export interface Round {
  ours: Cost;
  theirs: Cost;
}

export interface Result {
  row: string;
  title: string;
  /** Rate against that of the other contestant: the median of the rounds, and their range. */
  ratio: number;
  range: [number, number];
  target: number;
  holds: boolean;
  /** Medians. */
  ours: Cost;
  theirs: Cost;
}

export function summarise({ name, title, target }: Row, rounds: readonly Round[]): Result {
  const ratios = rounds.map(({ ours, theirs }) => ours.perSecond / theirs.perSecond);
  const ratio = medianOf(ratios);
  return {
    row: name,
    title,
    ratio,
    range: [Math.min(...ratios), Math.max(...ratios)],
    target,
    holds: ratio >= target,
    ours: medianCost(rounds.map(({ ours }) => ours)),
    theirs: medianCost(rounds.map(({ theirs }) => theirs)),
  };
}

/** On which machine and when. */
export function describeRun(rounds: number): Record<string, string | number> {
  const processors = cpus();
  return {
    node: process.version,
    processor: processors[0]?.model ?? 'unknown',
    processors: processors.length,
    rounds,
    at: new Date().toISOString(),
  };
}

const columns = ['row', 'ratio', 'range', 'target', 'holds', 'per second', 'node', 'postgres', 'redis'];

export function formatTable(results: readonly Result[]): string {
  const lines = results.map(({ title, ratio, range, target, holds, ours }) => [
    title,
    ratio.toFixed(2),
    range.map((one) => one.toFixed(2)).join('–'),
    target.toFixed(2),
    holds ? 'yes' : 'no',
    ours.perSecond.toFixed(0),
    ...[ours.node, ours.postgres, ours.redis].map((microseconds) => microseconds.toFixed(1)),
  ]);
  const all = [columns, ...lines];
  const widths = columns.map((_name, index) => Math.max(...all.map((line) => line[index]?.length ?? 0)));
  const text = all.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', 'node, postgres and redis: microseconds of processor time per request'].join('\n');
}

const medianCost = (costs: readonly Cost[]): Cost => ({
  perSecond: medianOf(costs.map((one) => one.perSecond)),
  node: medianOf(costs.map((one) => one.node)),
  postgres: medianOf(costs.map((one) => one.postgres)),
  redis: medianOf(costs.map((one) => one.redis)),
});

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
