/**
 * Verifies the audit log as an outsider would: nothing that the database says about itself is believed that is not
 * borne out by hashes, and no hash that differs from what was signed. Every chain is walked from its beginning (or
 * from the signed checkpoint behind which older events were removed) to its head.
 */
import type { Knex } from 'knex';
import type { Services } from '../services.js';
import type { Anchors } from './audit-anchors.js';
import { type AuditRow, auditRowColumns, commitment, eventHash, genesisHash } from './audit-chain.js';
import { type Checkpoint, checkpointStatement } from './audit-retention.js';
import { auditPublicKeys, isSignedStatement } from './audit-signing.js';

export interface AuditProblem {
  chain: string;
  /** The event where it shows. */
  seq?: number;
  /** One sentence. */
  problem: string;
}

export interface AuditReport {
  ok: boolean;
  chains: number;
  events: number;
  anchors: number;
  lastAnchorAt: string | null;
  /** How many there are; the first ones are listed. */
  problemCount: number;
  problems: AuditProblem[];
}

const listedProblems = 100;
const pageRows = 2000;

/** Verifies everything in one snapshot of the database, so that writers need not stop. */
export async function verifyAudit(services: Services, anchors: Anchors): Promise<AuditReport> {
  const report: AuditReport = {
    ok: true,
    chains: 0,
    events: 0,
    anchors: anchors.count,
    lastAnchorAt: anchors.lastAt ?? null,
    problemCount: 0,
    problems: [],
  };
  const add = (problem: AuditProblem) => {
    report.ok = false;
    report.problemCount += 1;
    if (report.problems.length < listedProblems) report.problems.push(problem);
  };
  for (const line of anchors.badLines) {
    add({ chain: '', problem: `the anchor in line ${line} is not signed by this installation` });
  }
  await services.db.transaction(
    async (db) => {
      const chains = await readEnds(db, auditPublicKeys(services.config), anchors, add);
      report.chains = chains.size;
      let walk: Walk | undefined;
      for await (const row of readEvents(db)) {
        report.events += 1;
        if (walk?.chain !== row.chain) {
          walk?.end();
          walk = createWalk(row.chain, chains.get(row.chain) ?? {}, add);
          chains.delete(row.chain);
        }
        walk.step(row);
      }
      walk?.end();
      for (const [chain, ends] of chains) createWalk(chain, ends, add).end();
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
  return report;
}

/** What is known about a chain besides its events. */
interface Ends {
  head?: { seq: number; hash: Buffer };
  checkpoint?: { seq: number; hash: Buffer };
  anchors?: Array<{ seq: number; hash: string; at: string }>;
}

async function readEnds(
  db: Knex,
  publicKeys: string[],
  anchors: Anchors,
  add: (problem: AuditProblem) => void,
): Promise<Map<string, Ends>> {
  const chains = new Map<string, Ends>();
  for (const { chain, seq, hash } of await db('audit_heads').select('chain', 'seq', 'hash')) {
    chains.set(chain, { head: { seq, hash } });
  }
  const checkpoints: Checkpoint[] = await db('audit_checkpoints').select('*').orderBy('seq');
  for (const { public_key, signature, ...place } of checkpoints) {
    const statement = { ...checkpointStatement(place), public_key, signature };
    if (isSignedStatement(statement, publicKeys)) {
      chains.set(place.chain, { ...chains.get(place.chain), checkpoint: place });
    } else {
      add({ chain: place.chain, seq: place.seq, problem: 'a checkpoint is not signed by this installation' });
    }
  }
  for (const [chain, said] of anchors.byChain) chains.set(chain, { ...chains.get(chain), anchors: said });
  return chains;
}

/** Every event in the order of chains and numbers; pages, so that a long log does not fill the memory. */
async function* readEvents(db: Knex): AsyncGenerator<AuditRow> {
  for (let after: [string, number, string] = ['', 0, '']; ; ) {
    const page: AuditRow[] = await db('audit_events')
      .select(...auditRowColumns)
      .whereRaw('(chain, seq, id) > (?, ?, ?)', after)
      .orderByRaw('chain, seq, id')
      .limit(pageRows);
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = [last.chain, last.seq, last.id];
  }
}

interface Walk {
  readonly chain: string;
  step(row: AuditRow): void;
  end(): void;
}

/** Goes through one chain, event by event. */
function createWalk(chain: string, ends: Ends, add: (problem: AuditProblem) => void): Walk {
  let seq = ends.checkpoint?.seq ?? 0;
  let hash = ends.checkpoint?.hash ?? genesisHash;
  /** The newest event whose personal values are gone, until an erasure after it is found. */
  let erasedAt: number | undefined;
  const anchors = ends.anchors ?? [];
  const anchoredSeqs = new Set(anchors.map((anchor) => anchor.seq));
  const report = (problem: string, at?: number) =>
    add({ chain, ...(at !== undefined && { seq: at }), problem });

  function gapBefore(found: number): string {
    if (found <= seq) return 'its number stands twice or out of order';
    return found === seq + 2
      ? `event ${seq + 1} is missing`
      : `events ${seq + 1} to ${found - 1} are missing`;
  }

  function checkPersonal({ action, commitments, personal, seq: at }: AuditRow): void {
    if (personal === null) {
      if (action === 'personal.erased') erasedAt = undefined;
      else if (Object.keys(commitments).length > 0) erasedAt = at;
      return;
    }
    for (const name of new Set([...Object.keys(personal), ...Object.keys(commitments)])) {
      const value = personal[name];
      if (!value || commitment(value) !== commitments[name]) {
        report(`its personal value "${name}" was altered`, at);
      }
    }
  }

  function compareAnchors(): void {
    if (!anchoredSeqs.has(seq)) return;
    for (const anchor of anchors) {
      if (anchor.seq === seq && anchor.hash !== hash.toString('hex')) {
        report(`it differs from what was anchored at ${anchor.at}`, seq);
      }
    }
  }

  compareAnchors();
  return {
    chain,
    step(row) {
      if (row.seq !== seq + 1) report(gapBefore(row.seq), row.seq);
      else if (!row.previous_hash.equals(hash)) report('it does not follow the event before it', row.seq);
      if (!eventHash(row).equals(row.hash)) report('its content was altered', row.seq);
      checkPersonal(row);
      seq = row.seq;
      hash = row.hash;
      compareAnchors();
    },
    end() {
      const { head } = ends;
      if (!head) {
        if (seq > 0) report('the chain has no head');
      } else if (head.seq !== seq) report(`the chain ends at ${seq}, but its head says ${head.seq}`);
      else if (!head.hash.equals(hash)) report('it is not the event that the head names', seq);
      for (const anchor of anchors) {
        if (anchor.seq > seq)
          report(`the chain ends at ${seq}, but had ${anchor.seq} events at ${anchor.at}`);
      }
      if (erasedAt !== undefined) report('personal values are gone, and no erasure was recorded', erasedAt);
    },
  };
}
