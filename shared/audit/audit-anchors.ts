/**
 * Anchors: signed statements of where each chain ended at a moment, kept where the database cannot reach: in the
 * log and in `{DATA_DIR}/audit.anchors`. A chain that somebody rewrote from end to end is sound in itself; it
 * differs from its anchors. Ship the file or the log elsewhere: on the machine of the database it proves little.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../config.js';
import type { Services } from '../services.js';
import { isSignedStatement, type SignedStatement, type Statement, signStatement } from './audit-signing.js';

/** Where a chain ended: its name, the number of its last event, and that event's hash in hexadecimal. */
export type AnchoredHead = [chain: string, seq: number, hash: string];

/** Heads per line, so that a line stays of a size that log collectors take. */
const headsPerAnchor = 100;

const anchorType = 'latchkey-audit-anchor';

export const anchorsPath = (config: Pick<Config, 'dataDir'>): string => join(config.dataDir, 'audit.anchors');

export function signAnchor(services: Services, heads: AnchoredHead[]): SignedStatement {
  return signStatement(services.config, { type: anchorType, at: services.clock.now().toISOString(), heads });
}

/**
 * Anchors every chain that grew since its last anchor and returns how many. A file that cannot be written is a
 * warning: the same lines are in the log.
 */
export async function writeAnchors(services: Services): Promise<number> {
  let written = 0;
  for (let last = ''; ; ) {
    const { rows } = await services.db.raw<{ rows: HeadRow[] }>(
      `select chain, seq, hash from audit_heads
       where anchored_seq <> seq and chain collate "C" > ? order by chain collate "C" limit ?`,
      [last, headsPerAnchor],
    );
    if (rows.length === 0) return written;
    const heads = rows.map(({ chain, seq, hash }): AnchoredHead => [chain, seq, hash.toString('hex')]);
    const anchor = signAnchor(services, heads);
    services.logger.info({ anchor }, 'audit anchor');
    await appendLine(services, JSON.stringify(anchor));
    await markAnchored(services, rows);
    written += rows.length;
    last = rows.at(-1)?.chain ?? '';
  }
}

interface HeadRow {
  chain: string;
  seq: number;
  hash: Buffer;
}

/** Locks the heads in the order of their names, as writers do. */
async function markAnchored(services: Services, heads: HeadRow[]): Promise<void> {
  await services.db.raw(
    `with anchored as (select * from unnest(?::text[], ?::bigint[]) as anchored (chain, seq)),
     locked as (
       select chain from audit_heads where chain in (select chain from anchored)
       order by chain collate "C" for update
     )
     update audit_heads set anchored_seq = anchored.seq
     from anchored join locked using (chain) where audit_heads.chain = anchored.chain`,
    [heads.map(({ chain }) => chain), heads.map(({ seq }) => seq)],
  );
}

async function appendLine(services: Services, line: string): Promise<void> {
  const path = anchorsPath(services.config);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a', 0o600);
    try {
      await file.appendFile(`${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    services.logger.warn({ err: error, path }, 'the file of audit anchors cannot be written');
  }
}

export interface Anchors {
  /** What each chain was said to end with, and when. */
  byChain: Map<string, Array<{ seq: number; hash: string; at: string }>>;
  count: number;
  lastAt: string | undefined;
  /** Lines (from 1) that look like an anchor and are not signed by this installation. */
  badLines: number[];
}

/**
 * Reads anchors from a file of anchors or from a log with other lines in between. A missing file has none, if
 * `optional`.
 */
export async function readAnchors(
  path: string,
  publicKeys: readonly string[],
  { optional = false } = {},
): Promise<Anchors> {
  const anchors: Anchors = { byChain: new Map(), count: 0, lastAt: undefined, badLines: [] };
  const lines = (await readText(path, optional)).split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.includes(anchorType)) continue;
    const anchor = parseAnchor(line);
    if (!anchor || !isSignedStatement(anchor, publicKeys)) {
      anchors.badLines.push(index + 1);
      continue;
    }
    const at = String(anchor.at);
    anchors.count += 1;
    anchors.lastAt = anchors.lastAt === undefined || at > anchors.lastAt ? at : anchors.lastAt;
    for (const [chain, seq, hash] of anchor.heads as AnchoredHead[]) {
      const known = anchors.byChain.get(chain) ?? [];
      anchors.byChain.set(chain, known);
      known.push({ seq, hash, at });
    }
  }
  return anchors;
}

async function readText(path: string, optional: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** A line of the file is the anchor; a line of the log has it as a member. */
function parseAnchor(line: string): Statement | undefined {
  try {
    const value = JSON.parse(line);
    const anchor = value?.anchor ?? value;
    return anchor?.type === anchorType ? anchor : undefined;
  } catch {
    return undefined;
  }
}
