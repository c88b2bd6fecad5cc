/**
 * What the MCP server keeps of a request to people: whose it is, under a hash of its id, and where its product keeps
 * it. An id has 128 random bits and is stored sealed, so that an identical call can be answered with the same id and
 * a copy of the database opens none.
 */
import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson, type Json } from '../../../../shared/audit/canonical-json.js';
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { open, seal, sha256 } from '../../../../shared/crypto/secrets.js';
import type { Services } from '../../../../shared/services.js';

/** Whose requests: one credential's of one account, in one environment. Nobody else sees them. */
export interface RequestOwner {
  accountId: string;
  /** `client:…` or `key:…`. */
  credential: string;
  environment: KeyEnvironment;
}

export interface StoredRequest {
  /** `mct_…`, as the client knows it: of the request and of its task. */
  id: string;
  kind: string;
  domainId: string;
  createdAt: Date;
  expiresAt: Date;
}

interface Row extends Omit<StoredRequest, 'id'> {
  sealedId: string;
  argumentHash: Buffer;
}

const columns = {
  sealedId: 'sealed_id',
  kind: 'kind',
  domainId: 'domain_id',
  argumentHash: 'argument_hash',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
};

const daySeconds = 86_400;

/** How long a request can be read after its deadline, in seconds. */
const keptSeconds = 7 * daySeconds;

/** How long an idempotency key is remembered, in seconds. */
const keySeconds = daySeconds;

const ownedBy = ({ db }: Services, { accountId, credential, environment }: RequestOwner) =>
  db('mcp_requests').where({ account_id: accountId, credential, environment });

const opened = ({ config }: Services, { sealedId, argumentHash: _, ...rest }: Row): StoredRequest => ({
  id: open(config, 'request-id', sealedId),
  ...rest,
});

export async function findRequest(
  services: Services,
  owner: RequestOwner,
  id: string,
): Promise<StoredRequest | undefined> {
  const row: Row | undefined = await ownedBy(services, owner)
    .where({ id_hash: sha256(id) })
    .where('expires_at', '>', sqlNow(services))
    .first(columns);
  return row && opened(services, row);
}

/** The hash of a tool and its arguments, whatever order their members are in. */
export function hashArguments(tool: string, input: Json): Buffer {
  return createHash('sha256')
    .update(canonicalJson([tool, input]))
    .digest();
}

/** One at a time: calls of an owner that could be repetitions of each other wait until the transaction ends. */
export async function lockRepetitions(tx: Services, owner: RequestOwner, by: Buffer): Promise<void> {
  const name = `agent-request:${owner.accountId}:${owner.credential}:${by.toString('base64')}`;
  await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [name]);
}

/** The request that an idempotency key was used for in the last 24 hours, and whether it was the same request. */
export async function findByKey(
  tx: Services,
  owner: RequestOwner,
  keyHash: Buffer,
  argumentHash: Buffer,
): Promise<{ request: StoredRequest; same: boolean } | undefined> {
  const row: Row | undefined = await ownedBy(tx, owner)
    .where({ key_hash: keyHash })
    .where('created_at', '>', sqlFromNow(tx, -keySeconds))
    .orderBy('created_at', 'desc')
    .first(columns);
  return row && { request: opened(tx, row), same: row.argumentHash.equals(argumentHash) };
}

/** The newest request that was made without a key by an identical call. */
export async function findRepeated(
  tx: Services,
  owner: RequestOwner,
  argumentHash: Buffer,
): Promise<StoredRequest | undefined> {
  const row: Row | undefined = await ownedBy(tx, owner)
    .where({ argument_hash: argumentHash })
    .whereNull('key_hash')
    .where('expires_at', '>', sqlNow(tx))
    .orderBy('created_at', 'desc')
    .first(columns);
  return row && opened(tx, row);
}

export interface NewStoredRequest {
  kind: string;
  domainId: string;
  argumentHash: Buffer;
  keyHash: Buffer | null;
  /** null: it has none, and can be read for 37 days. */
  deadline: Date | null;
}

/** Keeps a request; returns it with its new id. */
export async function storeRequest(
  tx: Services,
  owner: RequestOwner,
  { kind, domainId, argumentHash, keyHash, deadline }: NewStoredRequest,
): Promise<StoredRequest> {
  const id = `mct_${randomBytes(16).toString('base64url')}`;
  const openSeconds = deadline ? (deadline.getTime() - tx.clock.ms()) / 1000 : 30 * daySeconds;
  const [row]: Row[] = await tx
    .db('mcp_requests')
    .insert({
      id_hash: sha256(id),
      sealed_id: seal(tx.config, 'request-id', id),
      account_id: owner.accountId,
      credential: owner.credential,
      environment: owner.environment,
      kind,
      domain_id: domainId,
      argument_hash: argumentHash,
      key_hash: keyHash,
      created_at: sqlNow(tx),
      expires_at: sqlFromNow(tx, openSeconds + keptSeconds),
    })
    .returning([
      'sealed_id as sealedId',
      'kind',
      'domain_id as domainId',
      'argument_hash as argumentHash',
      'created_at as createdAt',
      'expires_at as expiresAt',
    ]);
  if (!row) throw new Error('a request was not stored');
  return opened(tx, row);
}
