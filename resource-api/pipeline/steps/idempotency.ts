/**
 * `Idempotency-Key`: the same key and body within 24 hours get the same answer, and the work is done once. The work
 * and the record of it are one transaction: a process that dies in between leaves neither, so that a retry is
 * always right. Who holds the advisory lock is the one that works; whoever comes meanwhile is told so.
 *
 * Only successes are kept: what was refused changed nothing, and may succeed when it is tried again. Answers are
 * sealed, since they can hold a new key.
 */
import { sqlFromNow, sqlNow } from '../../../shared/clock.js';
import { open, seal, sha256 } from '../../../shared/crypto/secrets.js';
import { DomainError } from '../../../shared/errors.js';
import { inTransaction, type Services } from '../../../shared/services.js';
import type { Caller } from '../../routing/caller.js';
import { Reply } from '../../routing/reply.js';

const lifetimeSeconds = 86_400;
const keyShape = /^[\x20-\x7e]{1,255}$/;

export interface IdempotentRequest {
  product: string;
  caller: Caller;
  /** Method and template of the route. */
  route: string;
  /** The client's `Idempotency-Key`. */
  key: string;
  /** What must be the same when the key is used again: path with query, and the body as it was sent. */
  content: string;
}

/** Runs `work` at most once per key. Throws `validation`, `idempotency_mismatch`, `idempotency_running`. */
export async function runOnce(
  services: Services,
  request: IdempotentRequest,
  work: (tx: Services) => Promise<Reply>,
): Promise<Reply> {
  if (!keyShape.test(request.key)) {
    throw new DomainError('validation', {
      field: 'Idempotency-Key',
      message: 'Idempotency-Key must have 1 to 255 printable characters',
    });
  }
  const id = sha256([request.product, principalOf(request.caller), request.route, request.key].join('\n'));
  const contentHash = sha256(request.content);
  return inTransaction(services, async (tx) => {
    const stored = await findAnswer(tx, id);
    if (stored) return replay(tx, stored, id, contentHash);
    const { rows } = await tx.db.raw('select pg_try_advisory_xact_lock(?::bigint) as mine', [
      id.readBigInt64BE().toString(),
    ]);
    if (!rows[0].mine) throw new DomainError('idempotency_running');
    // The holder before us may have committed between our look and our lock.
    const meanwhile = await findAnswer(tx, id);
    if (meanwhile) return replay(tx, meanwhile, id, contentHash);
    const response = await work(tx);
    if (response.status < 300) await keepAnswer(tx, id, contentHash, response);
    return response;
  });
}

/** Answers are kept per account, and within it apart for test and live, and for each person. */
function principalOf(caller: Caller): string {
  switch (caller.kind) {
    case 'apiKey':
      return `${caller.accountId}/${caller.environment}`;
    case 'accessToken':
      return `${caller.accountId}/${caller.clientId}/${caller.personId ?? ''}`;
    case 'jwt':
      return `${caller.accountId}/jwt`;
  }
}

interface StoredResponse {
  content_hash: Buffer;
  sealed_answer: string;
}

function findAnswer(tx: Services, id: Buffer): Promise<StoredResponse | undefined> {
  return tx
    .db('idempotent_answers')
    .select('content_hash', 'sealed_answer')
    .where({ id })
    .where('expires_at', '>', sqlNow(tx))
    .first();
}

function replay({ config }: Services, stored: StoredResponse, id: Buffer, contentHash: Buffer): Reply {
  if (!stored.content_hash.equals(contentHash)) throw new DomainError('idempotency_mismatch');
  const response = JSON.parse(open(config, 'idempotency', stored.sealed_answer, id.toString('hex')));
  return new Reply(response.status, response.body, { ...response.headers, 'Idempotency-Replayed': 'true' });
}

async function keepAnswer(tx: Services, id: Buffer, contentHash: Buffer, response: Reply): Promise<void> {
  const { status, body, headers } = response;
  const row = {
    id,
    content_hash: contentHash,
    sealed_answer: seal(
      tx.config,
      'idempotency',
      JSON.stringify({ status, body, headers }),
      id.toString('hex'),
    ),
    expires_at: sqlFromNow(tx, lifetimeSeconds),
  };
  await tx.db('idempotent_answers').insert(row).onConflict('id').merge();
}
