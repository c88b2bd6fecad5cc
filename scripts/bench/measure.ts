/**
 * Compares ways of serving one call. Absolute figures depend on the machine and on what else it does; so the
 * contestants take turns within one run, and what counts are ratios of medians. The load comes from a process of
 * its own, so that the processor time of this one is what serving costs.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Contestant {
  name: string;
  url: string;
  headers: Record<string, string>;
  /** The status that every answer must have. */
  status: number;
}

/** Medians over the rounds. */
export interface Measured {
  name: string;
  callsPerSecond: number;
  /** Processor time of this process per call, in microseconds. */
  microseconds: number;
}

const rounds = 5;
const secondsPerTurn = 2;
const connections = 50;

/** Throws when an answer has another status than it should. */
export async function compare(contestants: Contestant[]): Promise<Measured[]> {
  const turns = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const measured = await takeTurn(contestant);
      // The first round warms up.
      if (round > 0) turns.get(contestant.name)?.push(measured);
    }
  }
  return [...turns].map(([name, measured]) => ({
    name,
    callsPerSecond: medianOf(measured.map((one) => one.callsPerSecond)),
    microseconds: medianOf(measured.map((one) => one.microseconds)),
  }));
}

interface LoadResult {
  errors: number;
  requests: { total: number; average: number };
  statusCodeStats: Partial<Record<string, { count: number }>>;
}

async function takeTurn({ name, url, headers, status }: Contestant): Promise<Measured> {
  const before = process.cpuUsage();
  const { errors, requests, statusCodeStats } = await runLoad(url, headers);
  const { user, system } = process.cpuUsage(before);
  if (errors > 0 || statusCodeStats[status]?.count !== requests.total) {
    throw new Error(`${name}: not every answer was ${status}: ${JSON.stringify(statusCodeStats)}`);
  }
  return { name, callsPerSecond: requests.average, microseconds: (user + system) / requests.total };
}

async function runLoad(url: string, headers: Record<string, string>): Promise<LoadResult> {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
  const options = ['-j', '-c', `${connections}`, '-d', `${secondsPerTurn}`, ...fields, url];
  const child = spawn(process.execPath, ['node_modules/autocannon/autocannon.js', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(await text(child.stdout));
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
