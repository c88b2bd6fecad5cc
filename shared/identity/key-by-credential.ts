/**
 * A key that a program makes with its own credential. It never exceeds that credential: no permission, no later end,
 * no other environment and no wider allowlist, and it ends when the credential is revoked. Whoever holds a stolen
 * credential must not be able to turn it into a better one, so a leaked key makes nothing and the owner is mailed.
 */
import { DomainError } from '../errors.js';
import type { Product } from '../products/product.js';
import { inTransaction, type Services } from '../services.js';
import { apiKeyState, createApiKey, getApiKey, type KeyMaker, lockApiKey } from './api-keys/api-keys.js';
import { keyMadeMail, nameOf } from './api-keys/key-mails.js';
import { findLiveGrant } from './oauth/grants.js';
import { mailAccount } from './people/contacts.js';
import type { Actor } from './people/users.js';

/** The credential that asks: a key, or an access token of an app. */
export type KeyCredential =
  | { keyId: string }
  | {
      /** Whose key it is to be. */
      userId: string;
      clientId: string;
      /** undefined for client credentials. */
      grantId: string | undefined;
      scopes: readonly string[];
      expiresAtMs: number;
    };

export interface AskedKey {
  name: string;
  permissions?: string[];
  expiresAt?: Date;
}

interface Bounds {
  userId: string;
  environment: 'test' | 'live';
  /** null: all. */
  permissions: string[] | null;
  expiresAt: Date | null;
  ipAllowlist: string[] | null;
  madeWith: KeyMaker;
  vouched: boolean | undefined;
  /** For the mail. */
  maker: string;
}

/**
 * Makes a key within the limits of the credential that asks; the caller has refused permissions that it lacks. The
 * expiry is the earlier of what is asked and the credential's own (of its grant, for a token). Throws `validation`,
 * `conflict` for a key that was reported as leaked, `email_not_verified`, and `token_invalid` for an ended grant.
 */
export async function makeKeyWithCredential(
  services: Services,
  product: Product,
  credential: KeyCredential,
  asked: AskedKey,
  actor: Actor,
): Promise<{ id: string; key: string }> {
  return inTransaction(services, async (tx) => {
    const bounds =
      'keyId' in credential
        ? await boundsOfKey(tx, credential.keyId)
        : await boundsOfToken(tx, product, credential);
    const made = await createApiKey(
      tx,
      {
        product,
        owner: { userId: bounds.userId },
        environment: bounds.environment,
        name: asked.name,
        permissions: asked.permissions ?? bounds.permissions ?? undefined,
        expiresAt: earlier(asked.expiresAt, bounds.expiresAt),
        ipAllowlist: bounds.ipAllowlist ?? undefined,
        madeWith: bounds.madeWith,
        vouched: bounds.vouched,
      },
      actor,
    );
    const key = await getApiKey(tx, { id: made.id });
    const { maker } = bounds;
    await mailAccount(tx, bounds.userId, (contact) =>
      keyMadeMail(tx, contact, { key, maker, address: actor.address }),
    );
    return made;
  });
}

async function boundsOfKey(tx: Services, keyId: string): Promise<Bounds> {
  const key = await lockApiKey(tx, { id: keyId });
  if (key.leakedAt !== null) {
    throw new DomainError('conflict', {
      message: 'This API key was reported as leaked: it cannot make keys',
    });
  }
  const state = apiKeyState(key, tx.clock.now());
  if (state !== 'active' && state !== 'rolling') throw new DomainError('credential_revoked');
  return {
    userId: key.accountId,
    environment: key.environment,
    permissions: key.permissions,
    expiresAt: key.expiresAt,
    ipAllowlist: key.ipAllowlist,
    // A key that was rolled is replaced by its successor: what it makes until then hangs on the successor.
    madeWith: { keyId: key.successorId ?? key.id },
    vouched: key.vouched || undefined,
    maker: `A program that holds ${nameOf(key)}`,
  };
}

async function boundsOfToken(
  tx: Services,
  product: Product,
  { userId, clientId, grantId, scopes, expiresAtMs }: Exclude<KeyCredential, { keyId: string }>,
): Promise<Bounds> {
  if (grantId !== undefined) {
    // Locked, so that an end of the grant at the same moment either comes first or finds the key.
    await tx.db('grants').where({ id: grantId }).forUpdate().first('id');
  }
  const grant = grantId === undefined ? undefined : await findLiveGrant(tx, grantId);
  if (grantId !== undefined && grant === undefined) throw new DomainError('token_invalid');
  const client = await tx.db('oauth_clients').where({ id: clientId }).forUpdate().first('name', 'vouched');
  if (!client) throw new DomainError('token_invalid');
  return {
    userId,
    environment: 'live',
    permissions: scopes.filter((scope) => product.permissions?.includes(scope)),
    expiresAt: grant?.expiresAt ?? new Date(expiresAtMs),
    ipAllowlist: null,
    madeWith: { clientId, grantId },
    // With a grant the key is that of the person who consented, for whom nobody vouched.
    vouched: grantId === undefined && client.vouched ? true : undefined,
    maker: `The app “${client.name}”`,
  };
}

function earlier(asked: Date | undefined, bound: Date | null): Date | undefined {
  if (bound === null) return asked;
  return asked === undefined || asked > bound ? bound : asked;
}
