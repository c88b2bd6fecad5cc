/**
 * Compares ways of serving one call. Absolute figures depend on the machine and on what else it does; so the
 * contestants take turns within one run, and what counts are ratios of medians. The load comes from a process of
 * its own, so that the processor time of this one is what serving costs.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Contestant {
  name: string;
  /** Calls for a number of seconds, from a process of its own; throws when an answer is not as it should be. */
  load(seconds: number): Promise<{ calls: number; seconds: number }>;
}

/** Medians over the rounds. */
export interface Measured {
  name: string;
  callsPerSecond: number;
  /** Processor time of this process per call, in microseconds. */
  microseconds: number;
}

const rounds = 3;
const secondsPerTurn = 10;
const warmUpSeconds = 3;

/** Contestants take turns; the first round warms up and does not count. */
export async function compare(contestants: Contestant[]): Promise<Measured[]> {
  const turns = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const measured = await takeTurn(contestant, round === 0 ? warmUpSeconds : secondsPerTurn);
      if (round > 0) turns.get(contestant.name)?.push(measured);
    }
  }
  return [...turns].map(([name, measured]) => ({
    name,
    callsPerSecond: medianOf(measured.map((one) => one.callsPerSecond)),
    microseconds: medianOf(measured.map((one) => one.microseconds)),
  }));
}

async function takeTurn({ name, load }: Contestant, seconds: number): Promise<Measured> {
  const before = process.cpuUsage();
  const { calls, seconds: taken } = await load(seconds);
  const { user, system } = process.cpuUsage(before);
  return { name, callsPerSecond: calls / taken, microseconds: (user + system) / calls };
}

/** Runs a script that prints one JSON value. */
export async function runScript(path: string, options: string[], input = ''): Promise<unknown> {
  const child = spawn(process.execPath, [path, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  return JSON.parse(await text(child.stdout));
}

/** How many times as much processor time one takes as the other, for printing. */
export const ratioOf = (one: Measured, other: Measured): string =>
  (one.microseconds / other.microseconds).toFixed(2).padStart(6);

/** A line with the absolute figures, which are of this machine at this moment. */
export const figuresOf = ({ name, microseconds, callsPerSecond }: Measured): string =>
  `    ${name}: ${microseconds.toFixed(0)} µs of processor, ${callsPerSecond.toFixed(0)} calls a second`;

function medianOf(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
