import { createTestServices } from '../testing/services.js';
import { connectDatabase, isDatabaseUnavailable } from './db.js';

const { services } = await createTestServices();

test('a database that does not answer is one that is not there, also on a connection that was good', async () => {
  const db = connectDatabase({ url: services.config.databaseUrl ?? '', poolSize: 1, answerWithinMs: 300 });
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
