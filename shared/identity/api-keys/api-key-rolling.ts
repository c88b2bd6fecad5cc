/**
 * Rolling: a new key at once, the old one good until its grace ends, so that nobody who holds it is cut off while
 * the new one is on its way to them. A key has one successor: whoever rolls a key at the same moment as somebody
 * else is told so, and nobody gets a key that another one has.
 *
 * A key can be rolled by whoever holds it, which must not be worth anything to a thief: a successor ends when its
 * predecessor's owner said, a key that was reported as leaked cannot roll itself, and the owner is written to.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import { getProduct } from '../../products/index.js';
import type { Product } from '../../products/product.js';
import { inTransaction, type Services } from '../../services.js';
import { requireConfirmedOwner } from '../people/confirmed-owner.js';
import { mailAccount } from '../people/contacts.js';
import type { Actor } from '../people/users.js';
import { tell } from './api-key-changes.js';
import { insertApiKey } from './api-key-rows.js';
import { parseGraceSeconds } from './api-key-settings.js';
import { type ApiKey, type ApiKeyRef, apiKeyState, getApiKey, lockApiKey } from './api-keys.js';
import { keyRotatedMail } from './key-mails.js';

/** What a successor takes over besides the settings: its owner, and what the key before it hangs on. */
const inheritedColumns = ['user_id', 'agent_id', 'vouched', 'parent_key_id', 'grant_id', 'client_id'];

const usualGraceSeconds = 86_400;

export interface RolledApiKey {
  id: string;
  /** The successor in the clear: the only time it can be seen. */
  key: string;
  /** The key it succeeds, and when that one ends. */
  predecessor: ApiKey;
}

/** How long a rolled key of this product lives on when nobody says, in seconds. */
export const rollGraceSeconds = (product: Product): number =>
  product.keys.rollGraceSeconds ?? usualGraceSeconds;

/**
 * Makes the successor of a key, with its name, permissions, allowlist and settings. Throws `not_found`,
 * `validation`, and `conflict` for a key that is not in use any more or has a successor.
 */
export async function rollApiKey(
  services: Services,
  ref: ApiKeyRef,
  { graceSeconds }: { graceSeconds?: number },
  actor: Actor,
): Promise<RolledApiKey> {
  return inTransaction(services, async (tx) => {
    const old = await lockApiKey(tx, ref);
    const product = getProduct(old.product);
    const grace = parseGraceSeconds(graceSeconds ?? rollGraceSeconds(product));
    refuseUnlessRollable(old, tx.clock.now());
    const owner = await tx
      .db('api_keys')
      .where({ id: old.id })
      .first(...inheritedColumns);
    if (owner.user_id !== null && !owner.vouched) await requireConfirmedOwner(tx, owner.user_id, actor);
    const successor = await insertApiKey(tx, product, {
      ...owner,
      environment: old.environment,
      name: old.name,
      permissions: old.permissions,
      ip_allowlist: old.ipAllowlist,
      chosen_expires_at: old.chosenExpiresAt,
      rotate_every_days: old.rotateEveryDays,
      leak_policy: old.leakPolicy,
      family_id: old.familyId,
    });
    // Keys that this one made hang on its successor from now on.
    await tx.db('api_keys').where({ parent_key_id: old.id }).update({ parent_key_id: successor.id });
    await tx
      .db('api_keys')
      .where({ id: old.id })
      .update({
        successor_id: successor.id,
        rolled_at: sqlNow(tx),
        expires_at: tx.db.raw('least(expires_at, ?)', [sqlFromNow(tx, grace)]),
        // Without a grace it is over now, and by no clock's leave.
        ...(grace === 0 && { status: 'revoked', revoked_at: sqlNow(tx) }),
      });
    await tell(tx, old, 'key.rolled', actor, { successor: successor.id, grace_seconds: grace });
    await tell(tx, { id: successor.id, accountId: old.accountId }, 'key.created', actor, {
      product: product.id,
      environment: old.environment,
      permissions: old.permissions,
      predecessor: old.id,
    });
    return { ...successor, predecessor: await getApiKey(tx, { id: old.id }) };
  });
}

function refuseUnlessRollable(key: ApiKey, now: Date): void {
  const refuse = (message: string): never => {
    throw new DomainError('conflict', {
      message,
      details: key.successorId ? { successor: key.successorId } : undefined,
    });
  };
  if (key.successorId !== null) refuse('This API key has been rolled already');
  const state = apiKeyState(key, now);
  if (state === 'revoked') refuse('This API key was revoked for good');
  if (state === 'expired') refuse('This API key has expired');
  if (state === 'disabled') refuse('This API key is disabled: enable it first');
}

/**
 * A key rolls itself: `POST /{product}/key/rotate`. Its owner is told by mail. Throws as `rollApiKey` does, and
 * `conflict` for a key that was reported as leaked: whoever holds it may be who found it.
 */
export async function rotateOwnApiKey(
  services: Services,
  keyId: string,
  { graceSeconds }: { graceSeconds?: number },
  origin: Pick<Actor, 'address' | 'userAgent' | 'requestId'> = {},
): Promise<RolledApiKey> {
  return inTransaction(services, async (tx) => {
    const { leakedAt } = await lockApiKey(tx, { id: keyId });
    if (leakedAt !== null) {
      throw new DomainError('conflict', {
        message: 'This API key was reported as leaked: only its owner can replace it',
      });
    }
    const rolled = await rollApiKey(
      tx,
      { id: keyId },
      { graceSeconds },
      { kind: 'key', id: keyId, ...origin },
    );
    const key = rolled.predecessor;
    await mailAccount(tx, key.accountId, (contact) =>
      keyRotatedMail(tx, contact, { key, endsAt: key.expiresAt, address: origin.address }),
    );
    return rolled;
  });
}
