import { anchorsPath, readAnchors, writeAnchors } from '../../shared/audit/audit-anchors.js';
import { exportAudit } from '../../shared/audit/audit-export.js';
import { auditPublicKeys } from '../../shared/audit/audit-signing.js';
import { verifyAudit } from '../../shared/audit/audit-verify.js';
import { getAccountsByEmail } from '../../shared/identity/people/contacts.js';
import type { Services } from '../../shared/services.js';
import { StartupError } from '../../shared/startup-error.js';
import { defineCommand, type Verbs } from './command.js';
import { optionalText, text } from './flags.js';

/** Exit status 1 when anything was found. Anchors: a file of them, or a log that they stand in. */
const verify = defineCommand({
  flags: { anchors: optionalText('FILE') },
  async run({ services }, { anchors: path }) {
    const { ok, lastAnchorAt, problemCount, ...rest } = await verifyAudit(
      services,
      await findAnchors(services, path),
    );
    if (!ok) process.exitCode = 1;
    return { ok, ...rest, last_anchor_at: lastAnchorAt, problem_count: problemCount };
  },
});

async function findAnchors({ config }: Services, path: string | undefined) {
  const publicKeys = auditPublicKeys(config);
  if (path === undefined) return readAnchors(anchorsPath(config), publicKeys, { optional: true });
  return readAnchors(path, publicKeys).catch((error: Error) => {
    throw new StartupError(`The anchors cannot be read: ${error.message}`);
  });
}

/** Anchors what is there now, besides every hour. */
const anchor = defineCommand({
  flags: {},
  async run({ services }) {
    const chains = await writeAnchors(services);
    return { chains, file: anchorsPath(services.config) };
  },
});

/** The keys that customers verify with, the newest first. */
const keys = defineCommand({
  flags: {},
  run: async ({ services }) => ({ public_keys: auditPublicKeys(services.config) }),
});

const exportLines = defineCommand({
  flags: { user: text('E') },
  async run({ services }, { user }) {
    return exportAll(services, await getAccountsByEmail(services, user));
  },
});

async function* exportAll(services: Services, accountIds: string[]): AsyncGenerator<string> {
  for (const accountId of accountIds) yield* exportAudit(services, accountId);
}

export const verbs: Verbs = { verify, anchor, keys, export: exportLines };
