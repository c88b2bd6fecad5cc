/**
 * One transaction per token request. oidc-provider consumes, saves and saves again in separate calls; here they
 * become one commit, so that a crash in between leaves the code or refresh token unused, and the client's retry
 * gets its tokens. It is committed on 4xx too: the end of a replayed family must stick. It opens with the first
 * write, and from then on every query of the request uses it, one after another: two hundred waiters that each
 * asked the pool for a second connection would starve it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { runTasks, type Services } from '../shared/services.js';

interface OpenRequest {
  trx?: Promise<Knex.Transaction>;
  tasks: Array<() => void | Promise<void>>;
  /** The end of the queue of queries on the transaction's one connection. */
  last: Promise<unknown>;
}

const requests = new AsyncLocalStorage<OpenRequest>();

/** Runs `work`; what it wrote is committed when `keep` says so, rolled back otherwise or when it throws. */
export async function inRequestTransaction(
  services: Services,
  work: () => Promise<void>,
  keep: () => boolean,
): Promise<void> {
  const request: OpenRequest = { tasks: [], last: Promise.resolve() };
  await requests.run(request, async () => {
    try {
      await work();
    } catch (error) {
      await (await request.trx)?.rollback();
      throw error;
    }
    const trx = await request.trx;
    if (!trx) return;
    await request.last;
    if (!keep()) {
      await trx.rollback();
      return;
    }
    await trx.commit();
    await runTasks(services.logger, request.tasks);
  });
}

/** Runs a read: on the request's transaction when one is open, on the pool otherwise. */
export async function read<T>(services: Services, query: (services: Services) => Promise<T>): Promise<T> {
  const request = requests.getStore();
  return request?.trx ? inTurn(services, request, request.trx, query) : query(services);
}

/** Runs a write: opens the request's transaction if there is a request, on the pool otherwise. */
export async function write<T>(services: Services, query: (services: Services) => Promise<T>): Promise<T> {
  const request = requests.getStore();
  if (!request) return query(services);
  request.trx ??= services.db.transaction();
  return inTurn(services, request, request.trx, query);
}

async function inTurn<T>(
  services: Services,
  request: OpenRequest,
  opened: Promise<Knex.Transaction>,
  query: (services: Services) => Promise<T>,
): Promise<T> {
  const turn = request.last.then(async () => {
    const db = await opened;
    return query({ ...services, db, afterCommit: (task) => void request.tasks.push(task) });
  });
  request.last = turn.catch(() => undefined);
  return turn;
}
