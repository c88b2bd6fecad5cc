/**
 * Signing keys, one set for each algorithm, in three states. `next` is published before it ever signs, so that every cache of our JWKS
 * knows it in time; `current` signs; `previous` is published until whatever it signed has expired. Private halves
 * are sealed with SECRET_KEY. Rotation moves the keys of every algorithm
 * to their next state, in one transaction, from one process at a time. ES256 signs access tokens, receipts and the ID
 * tokens of clients that chose it; RS256 is the default for ID tokens (OpenID Connect Discovery requires it).
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { recordAudit } from '../../shared/audit/audit.js';
import { announceChange } from '../../shared/changes/changes.js';
import { sqlFromNow, sqlNow } from '../../shared/clock.js';
import { open, seal } from '../../shared/crypto/secrets.js';
import type { Actor } from '../../shared/identity/people/users.js';
import { inTransaction, type Services } from '../../shared/services.js';
import { StartupError } from '../../shared/startup-error.js';
import { type SigningAlgorithm, signingAlgorithms } from '../clients/id-token-algorithms.js';

/** Tokens that a key signed live an hour at the longest; twice that, and no clock can be wrong enough. */
const previousLifetimeSeconds = 2 * 3600;

/** The age at which the current key is rotated by itself. */
export const rotationAgeSeconds = 90 * 86_400;

const rotationLock = 'latchkey:signing-keys';

/** Private JWKs, per algorithm in the order of preference for signing: current, next, previous. Creates them on a new database. */
export async function loadSigningKeys(services: Services): Promise<JWK[]> {
  const rows = await selectKeys(services);
  const missing = (present: KeyRow[]) =>
    signingAlgorithms.flatMap((algorithm) =>
      (['current', 'next'] as const)
        .filter((state) => !present.some((row) => row.algorithm === algorithm && row.state === state))
        .map((state) => ({ algorithm, state })),
    );
  if (missing(rows).length === 0) return rows.map((row) => openKey(services, row));
  await underLock(services, async (tx) => {
    for (const { algorithm, state } of missing(await selectKeys(tx))) await insertKey(tx, algorithm, state);
  });
  return (await selectKeys(services)).map((row) => openKey(services, row));
}

/** Moves every key to its next state and makes new `next` keys. Returns the id of the ES256 key that signs from now on. */
export async function rotateSigningKeys(services: Services, actor: Actor): Promise<string> {
  await loadSigningKeys(services);
  return underLock(services, (tx) => moveKeysOn(tx, actor));
}

/**
 * Rotates when the current key is old enough, and drops keys whose last signature has expired. Any number of
 * processes may ask at once.
 */
export async function rotateSigningKeysIfDue(services: Services): Promise<void> {
  await inTransaction(services, async (tx) => {
    const dropped: Array<{ kid: string }> = await tx
      .db('signing_keys')
      .where({ state: 'previous' })
      .where('retired_at', '<', sqlFromNow(tx, -previousLifetimeSeconds))
      .delete(['kid']);
    for (const { kid } of dropped) await announceChange(tx, { kind: 'signingKey', id: kid });
  });
  if (!(await isCurrentOld(services))) return;
  await underLock(services, async (tx) => {
    // Another process may have rotated while this one waited.
    if (await isCurrentOld(tx)) await moveKeysOn(tx, { kind: 'system', id: 'key-age' });
  });
}

async function isCurrentOld(services: Services): Promise<boolean> {
  const old = await services
    .db('signing_keys')
    .where({ state: 'current' })
    .where('activated_at', '<', sqlFromNow(services, -rotationAgeSeconds))
    .first('kid');
  return old !== undefined;
}

function underLock<T>(services: Services, work: (tx: Services) => Promise<T>): Promise<T> {
  return inTransaction(services, async (tx) => {
    await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [rotationLock]);
    return work(tx);
  });
}

async function moveKeysOn(tx: Services, actor: Actor): Promise<string> {
  await tx
    .db('signing_keys')
    .where({ state: 'current' })
    .update({ state: 'previous', retired_at: sqlNow(tx) });
  const activated: KeyRow[] = await tx
    .db('signing_keys')
    .where({ state: 'next' })
    .update({ state: 'current', activated_at: sqlNow(tx) })
    .returning(['kid', 'algorithm']);
  for (const algorithm of signingAlgorithms) await insertKey(tx, algorithm, 'next');
  for (const { kid } of activated) {
    await announceChange(tx, { kind: 'signingKey', id: kid });
    await recordAudit(tx, {
      accountId: null,
      action: 'signing_keys.rotated',
      actor,
      target: { kind: 'signing_key', id: kid },
    });
  }
  return activated.find(({ algorithm }) => algorithm === 'ES256')?.kid ?? '';
}

interface KeyRow {
  kid: string;
  algorithm: string;
  state: string;
  sealed_private_jwk: string;
}

async function selectKeys(services: Services): Promise<KeyRow[]> {
  return services
    .db('signing_keys')
    .select('kid', 'algorithm', 'state', 'sealed_private_jwk')
    .orderByRaw("algorithm, array_position(array['current', 'next', 'previous'], state), retired_at desc");
}

function openKey({ config }: Services, { kid, sealed_private_jwk: sealed }: KeyRow): JWK {
  let text: string;
  try {
    text = open(config, 'signing-key', sealed, kid);
  } catch {
    throw new StartupError(
      'SECRET_KEY is not the one that this database was made with: its signing keys do not open. Put the older key behind the new one, with a comma.',
    );
  }
  return JSON.parse(text);
}

async function insertKey(
  tx: Services,
  algorithm: SigningAlgorithm,
  state: 'current' | 'next',
): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: 'sig' };
  await tx.db('signing_keys').insert({
    kid,
    public_jwk: JSON.stringify({ ...publicJwk, kid, alg: algorithm, use: 'sig' }),
    sealed_private_jwk: seal(tx.config, 'signing-key', JSON.stringify(privateJwk), kid),
    algorithm,
    state,
    created_at: sqlNow(tx),
    activated_at: state === 'current' ? sqlNow(tx) : null,
  });
}
