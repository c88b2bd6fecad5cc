/** The row of a new key: its value is minted here and only its hash is stored. */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { displayParts, type KeyEnvironment, mintKey } from '../../crypto/key-format.js';
import { newId } from '../../ids.js';
import type { Product } from '../../products/product.js';
import type { Services } from '../../services.js';
import { storedKeyHash } from './api-key-hashes.js';
import { effectiveExpiry, type LeakPolicy } from './api-key-settings.js';

/** The columns of a new row that are its maker's choice; a successor has those of the key before it. */
export interface ApiKeyRow {
  environment: KeyEnvironment;
  user_id: string | null;
  agent_id: string | null;
  name: string;
  permissions: string[] | null;
  ip_allowlist: string[] | null;
  chosen_expires_at: Date | null;
  rotate_every_days: number | null;
  leak_policy: LeakPolicy | null;
  family_id?: string;
  vouched: boolean;
  parent_key_id: string | null;
  grant_id: string | null;
  client_id: string | null;
}

/** Mints a key and stores its row; announcing and auditing are the caller's. */
export async function insertApiKey(
  tx: Services,
  product: Product,
  row: ApiKeyRow,
): Promise<{ id: string; key: string }> {
  const id = newId();
  const key = mintKey(product.keys, row.environment);
  const { prefix, lastFour } = displayParts(product.keys, key);
  const now = sqlNow(tx);
  const days = row.rotate_every_days;
  const due = days === null ? null : sqlFromNow(tx, days * 86_400);
  await tx.db('api_keys').insert({
    ...row,
    id,
    family_id: row.family_id ?? id,
    product: product.id,
    prefix,
    last_four: lastFour,
    hash: storedKeyHash(tx.config, key),
    rotation_due_at: due,
    expires_at: effectiveExpiry(tx, row.chosen_expires_at, due),
    created_at: now,
  });
  return { id, key };
}
