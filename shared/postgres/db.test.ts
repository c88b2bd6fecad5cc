import { inTransaction } from '../services.js';
import { createTestServices } from '../testing/services.js';
import { connectDatabase, isDatabaseUnavailable } from './db.js';

const { services } = await createTestServices();

test('a database that does not answer is one that is not there, also on a connection that was good', async () => {
  const db = connectDatabase({ url: services.config.databaseUrl ?? '', poolSize: 1, queryTimeoutMs: 300 });
  try {
    await db.raw('select 1');
    const unanswered = await Promise.resolve(db.raw('select pg_sleep(1)')).catch((error: unknown) => error);
    expect(isDatabaseUnavailable(unanswered)).toBe(true);
  } finally {
    await db.destroy();
  }
});

test('a connection that ends in the middle of a statement is a database that is not there', async () => {
  const db = connectDatabase({ url: services.config.databaseUrl ?? '', poolSize: 1 });
  try {
    const ended = await Promise.resolve(db.raw('select pg_terminate_backend(pg_backend_pid())')).catch(
      (error: unknown) => error,
    );
    expect(isDatabaseUnavailable(ended)).toBe(true);
    expect(isDatabaseUnavailable(new Error('select $1 - Connection terminated unexpectedly'))).toBe(true);
    expect(isDatabaseUnavailable(new Error("select 'timeout expired' - syntax error"))).toBe(false);
  } finally {
    await db.destroy();
  }
});

test.each([
  ['25P02', 'a transaction that had failed'],
  ['53100', 'a full disk'],
  ['53200', 'no memory'],
  ['53300', 'too many connections'],
  ['57014', 'a statement that ran too long'],
])('SQLSTATE %s (%s) is a database that is not there', (code) => {
  expect(isDatabaseUnavailable(Object.assign(new Error('failed'), { code }))).toBe(true);
});

test('behind a pooler without startup parameters, transactions set their timeouts and nothing stays set', async () => {
  const url = services.config.databaseUrl ?? '';
  const db = connectDatabase({ url, poolSize: 1, startupParameters: false });
  const config = { ...services.config, databaseStartupParameters: false };
  const timeouts = async (on: typeof db) =>
    (
      await on.raw(
        "select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle",
      )
    ).rows;
  try {
    const inside = await inTransaction({ ...services, config, db }, (tx) => timeouts(tx.db));
    expect(inside).toEqual([{ statement: '15s', idle: '30s' }]);
    expect(await timeouts(db)).toEqual([{ statement: '0', idle: '0' }]);
  } finally {
    await db.destroy();
  }
});

test('a query on a transaction that ended already is a database that is not there', async () => {
  const transaction = await services.db.transaction();
  await transaction.rollback();
  const late = await Promise.resolve(transaction.raw('select 1')).catch((error: unknown) => error);
  expect(String(late)).toContain('Transaction query already complete');
  expect(isDatabaseUnavailable(late)).toBe(true);
});
