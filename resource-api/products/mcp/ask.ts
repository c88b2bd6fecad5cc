/**
 * Making a request to people, once. The lock, the look for an earlier identical call, the limits, the request in its
 * product and what we keep of it are one transaction: of any number of identical calls one asks, and the others get
 * the same request.
 */
import { recordAudit } from '../../../shared/audit/audit.js';
import { type Json, storableJson } from '../../../shared/audit/canonical-json.js';
import { sha256 } from '../../../shared/crypto/secrets.js';
import { DomainError } from '../../../shared/errors.js';
import type { LimitCheck } from '../../../shared/limiter/limit.js';
import { limiterOf } from '../../../shared/limiter/limiter.js';
import { mcp as product } from '../../../shared/products/mcp.js';
import { inTransaction, type Services } from '../../../shared/services.js';
import type { PeopleRequestKind } from '../../routing/agent-tools.js';
import type { Agent } from './agent.js';
import {
  findByKey,
  findRepeated,
  hashArguments,
  lockRepetitions,
  type StoredRequest,
  storeRequest,
} from './domain/requests.js';
import { hasEnded, type MadeRequest } from './request-view.js';

const hour = { kind: 'fixed', seconds: 3600 } as const;

/** Requests that one account makes in an hour, and that one human gets from it. */
const asks = { name: 'asks', quota: 20, window: hour, mayEmpty: true } as const;
const asksOfHuman = { name: 'asksOfHuman', quota: 5, window: hour } as const;

/** Makes a request, or finds the one that an identical call made. Throws what the product throws. */
export async function askOnce(
  agent: Agent,
  kind: PeopleRequestKind,
  input: Record<string, unknown>,
  idempotencyKey: string | undefined,
): Promise<MadeRequest> {
  const argumentHash = hashArguments(kind.ask.name, storableJson(input) as Json);
  const keyHash = idempotencyKey === undefined ? null : sha256(idempotencyKey);
  return inTransaction(agent.services, async (tx) => {
    await lockRepetitions(tx, agent.owner, keyHash ?? argumentHash);
    const earlier = await findEarlier(tx, agent, argumentHash, keyHash);
    if (earlier) return earlier;
    const check = { ...asks, subject: `account:${agent.asker.personId}` };
    await take(tx, check);
    const domainId = await orGiveBack(tx, check, () => kind.ask.create(tx, agent.asker, input));
    const state = await kind.read(tx, agent.asker, domainId);
    if (state.human) {
      const subject = `account:${agent.asker.personId}:human:${state.human.id}`;
      await take(tx, { ...asksOfHuman, subject });
    }
    const { deadline } = state;
    const made = { kind: kind.kind, domainId, argumentHash, keyHash, deadline };
    const stored = await storeRequest(tx, agent.owner, made);
    await recordAudit(tx, {
      accountId: agent.asker.personId,
      action: 'mcp.asked',
      actor: agent.asker.actor,
      target: { kind: kind.kind, id: domainId },
      details: { tool: kind.ask.name, environment: agent.asker.environment, human: state.human?.id ?? null },
    });
    return { stored, state };
  });
}

/** With a key the request that it was used for, without one an identical request that is still open. */
async function findEarlier(
  tx: Services,
  agent: Agent,
  argumentHash: Buffer,
  keyHash: Buffer | null,
): Promise<MadeRequest | undefined> {
  if (keyHash) {
    const used = await findByKey(tx, agent.owner, keyHash, argumentHash);
    if (!used) return undefined;
    if (!used.same) {
      const message = 'This idempotency_key was used for another request.';
      throw new DomainError('idempotency_mismatch', { field: 'idempotency_key', message });
    }
    return withState(tx, agent, used.request);
  }
  const repeated = await findRepeated(tx, agent.owner, argumentHash);
  const found = repeated && (await withState(tx, agent, repeated));
  return found && !hasEnded(found.state) ? found : undefined;
}

/** The state of a request in its product; undefined when the product no longer has it. */
export async function withState(
  services: Services,
  agent: Agent,
  stored: StoredRequest,
): Promise<MadeRequest | undefined> {
  const kind = agent.kinds.find((candidate) => candidate.kind === stored.kind);
  if (!kind) return undefined;
  try {
    return { stored, state: await kind.read(services, agent.asker, stored.domainId) };
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') return undefined;
    throw error;
  }
}

async function take(tx: Services, check: LimitCheck): Promise<void> {
  const { allowed, refusedBy } = await limiterOf(tx).take(product.id, [check]);
  if (allowed) return;
  throw new DomainError('rate_limited', {
    message: 'You have asked people too often in the last hour.',
    retryAfterSeconds: refusedBy?.waitSeconds ?? hour.seconds,
  });
}

/** A request that its product refuses was none. */
async function orGiveBack<T>(tx: Services, check: LimitCheck, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await limiterOf(tx).take(product.id, [{ ...check, cost: -1 }]);
    throw error;
  }
}
