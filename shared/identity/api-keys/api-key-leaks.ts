/**
 * What happens to keys that were found where they should not be. Each key has a policy, since only its owner knows
 * what a sudden end would break: revoke it (for live keys unless told otherwise), give it an hour to be replaced,
 * or only say so (for test keys unless told otherwise).
 *
 * `roll` cannot mint the successor here, because nobody would see it: it sets the end, and the owner rolls the key.
 * The key itself cannot, from the moment of the report, for then two may hold it.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { isWellFormedKey } from '../../crypto/key-format.js';
import { products } from '../../products/index.js';
import { inTransaction, type Services } from '../../services.js';
import { mailAccount } from '../people/contacts.js';
import type { Origin } from '../people/origin.js';
import { revokeApiKey, tell } from './api-key-changes.js';
import { possibleKeyHashes } from './api-key-hashes.js';
import type { LeakPolicy } from './api-key-settings.js';
import { type ApiKey, apiKeyState, getApiKey, lockApiKey } from './api-keys.js';
import { type KeyLeak, keyLeakMail } from './key-mails.js';
import type { LeakedValue } from './leak-report.js';
import { narrowMadeKeys } from './made-keys.js';

/** How long a key with the policy `roll` lives on, in seconds. */
export const leakGraceSeconds = 3600;

/** Reports about the same key within this time are one report: its owner is not to be flooded. */
const quietSeconds = 86_400;

const defaultPolicies: Record<ApiKey['environment'], LeakPolicy> = { live: 'revoke', test: 'notify' };

const outcomes: Record<LeakPolicy, KeyLeak['outcome']> = {
  notify: 'notified',
  roll: 'rolling',
  revoke: 'revoked',
};

/** What a key's policy is when its owner set none. */
export const leakPolicyOf = ({ leakPolicy, environment }: ApiKey): LeakPolicy =>
  leakPolicy ?? defaultPolicies[environment];

/** Acts on every key among the values, each in a transaction of its own. Returns how many it acted on. */
export async function actOnLeaks(
  services: Services,
  values: readonly LeakedValue[],
  origin: Origin,
): Promise<number> {
  const findings = new Map<string, LeakedValue>();
  for (const finding of values) {
    if (!products.some(({ keys }) => isWellFormedKey(keys, finding.value))) continue;
    for (const hash of possibleKeyHashes(services.config, finding.value)) {
      findings.set(hash.toString('hex'), finding);
    }
  }
  if (findings.size === 0) return 0;
  const rows: Array<{ id: string; hash: Buffer }> = await services
    .db('api_keys')
    .whereIn(
      'hash',
      [...findings.keys()].map((hex) => Buffer.from(hex, 'hex')),
    )
    .orderBy('id')
    .select('id', 'hash');
  let acted = 0;
  for (const { id, hash } of rows) {
    const finding = findings.get(hash.toString('hex'));
    if (finding && (await actOnLeak(services, id, finding, origin))) acted += 1;
  }
  return acted;
}

async function actOnLeak(
  services: Services,
  id: string,
  { source, url }: LeakedValue,
  origin: Origin,
): Promise<boolean> {
  return inTransaction(services, async (tx) => {
    const key = await lockApiKey(tx, { id });
    const now = tx.clock.now();
    const state = apiKeyState(key, now);
    if (state === 'revoked' || state === 'expired') return false;
    const policy = leakPolicyOf(key);
    const known = key.leakedAt !== null && now.getTime() - key.leakedAt.getTime() < quietSeconds * 1000;
    if (known && policy !== 'revoke') return false;
    const actor = { kind: 'system', id: 'leak-report', ...origin } as const;
    await tx
      .db('api_keys')
      .where({ id })
      .update({
        leaked_at: sqlNow(tx),
        ...(policy === 'roll' && {
          expires_at: tx.db.raw('least(expires_at, ?)', [sqlFromNow(tx, leakGraceSeconds)]),
        }),
      });
    if (policy === 'roll') await narrowMadeKeys(tx, id);
    await tell(tx, key, 'key.leaked', actor, { policy, source: source ?? null }, { url });
    if (policy === 'revoke') await revokeApiKey(tx, { id }, actor, 'leaked');
    const { expiresAt } = await getApiKey(tx, { id });
    const leak: KeyLeak = { key, outcome: outcomes[policy], endsAt: expiresAt ?? undefined, source, url };
    await mailAccount(tx, key.accountId, (contact) => keyLeakMail(tx, contact, leak));
    return true;
  });
}
