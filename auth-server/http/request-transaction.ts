/**
 * One transaction per token request. oidc-provider consumes, saves and saves again in separate calls; here they
 * become one commit, so that a crash in between leaves the code or refresh token unused, and the client's retry
 * gets its tokens. It is committed on 4xx too: the end of a replayed family must stick. It opens with the first
 * write, and from then on every query of the request uses it, one after another: two hundred waiters that each
 * asked the pool for a second connection would starve it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { beginTransaction, type OpenTransaction, type Services } from '../../shared/services.js';

interface OpenRequest {
  /** Unix seconds at which the request began. */
  startedAt: number;
  transaction?: Promise<OpenTransaction>;
  /** The end of the queue of queries on the transaction's one connection. */
  last: Promise<unknown>;
}

const requests = new AsyncLocalStorage<OpenRequest>();

/** Runs `work`; what it wrote is committed when `keep` says so, rolled back otherwise or when it throws. */
export async function inRequestTransaction(
  { clock }: Pick<Services, 'clock'>,
  work: () => Promise<void>,
  keep: () => boolean,
): Promise<void> {
  const request: OpenRequest = { startedAt: clock.seconds(), last: Promise.resolve() };
  await requests.run(request, async () => {
    try {
      await work();
    } catch (error) {
      await (await request.transaction)?.rollback();
      throw error;
    }
    const transaction = await request.transaction;
    if (!transaction) return;
    await request.last;
    await (keep() ? transaction.commit() : transaction.rollback());
  });
}

/** Unix seconds at which the request under way began: it may have waited for its turn since. */
export function requestStartedAt({ clock }: Pick<Services, 'clock'>): number {
  return requests.getStore()?.startedAt ?? clock.seconds();
}

/** Runs a read: on the request's transaction when one is open, on the pool otherwise. */
export async function read<T>(services: Services, query: (services: Services) => Promise<T>): Promise<T> {
  const request = requests.getStore();
  return request?.transaction ? inTurn(request, request.transaction, query) : query(services);
}

/** Runs a write: opens the request's transaction if there is a request, on the pool otherwise. */
export async function write<T>(services: Services, query: (services: Services) => Promise<T>): Promise<T> {
  const request = requests.getStore();
  if (!request) return query(services);
  request.transaction ??= beginTransaction(services);
  return inTurn(request, request.transaction, query);
}

async function inTurn<T>(
  request: OpenRequest,
  opened: Promise<OpenTransaction>,
  query: (services: Services) => Promise<T>,
): Promise<T> {
  const turn = request.last.then(async () => {
    const { tx } = await opened;
    return query(tx);
  });
  request.last = turn.catch(() => undefined);
  return turn;
}
