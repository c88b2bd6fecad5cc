/** What is acknowledged is there, although Postgres was silent for longer than the query timeout. */
import { DomainError } from '../errors.js';
import { inTransaction, type Services } from '../services.js';
import { freezablePostgres } from '../testing/postgres-freeze.js';
import { createTestServices, whenFileEnds } from '../testing/services.js';
import { connectDatabase } from './db.js';

const { services: observer } = await createTestServices();
const poolSize = 4;
const impatient = connectDatabase({
  url: observer.config.databaseUrl ?? '',
  poolSize,
  queryTimeoutMs: 300,
});
whenFileEnds(() => impatient.destroy());
const postgres = freezablePostgres(impatient, poolSize);
const services: Services = { ...observer, db: impatient };
await observer.db.raw('create table notes (id text primary key)');

const writeNote = (id: string) => inTransaction(services, (tx) => tx.db('notes').insert({ id }));
const findNotes = async (): Promise<string[]> => observer.db('notes').orderBy('id').pluck('id');
const settle = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The ids of the rows that were acknowledged. */
async function acknowledged(ids: string[], write: (id: string) => Promise<unknown>): Promise<string[]> {
  const errors = await Promise.all(ids.map((id) => settle(write(id))));
  return ids.filter((_id, index) => errors[index] === undefined);
}

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_item, index) => `${prefix}-${String(index).padStart(2, '0')}`);

beforeEach(() => observer.db('notes').delete());

test.each([1, poolSize, 3 * poolSize])(
  'writes after a silence that cut off %i transactions are all there',
  async (parallel) => {
    await postgres.prepare();
    postgres.freeze();
    const kept = await acknowledged(names('during', parallel), writeNote);
    postgres.thaw();
    const autocommit = await acknowledged(names('after', 30), async (id) =>
      impatient('notes').insert({ id }),
    );
    const transactions = await acknowledged(names('later', 30), writeNote);
    expect([autocommit.length, transactions.length]).toEqual([30, 30]);
    expect(await findNotes()).toEqual(expect.arrayContaining([...kept, ...autocommit, ...transactions]));
  },
);

test('a transaction cut off between its statements leaves no connection with an open transaction', async () => {
  await postgres.prepare();
  const error = await settle(
    inTransaction(services, async (tx) => {
      await tx.db('notes').insert({ id: 'first' });
      postgres.freeze();
      await tx.db('notes').insert({ id: 'second' });
    }),
  );
  expect(error).toBeInstanceOf(Error);
  postgres.thaw();
  expect(
    await acknowledged(names('after', 30), async (id) => impatient('notes').insert({ id })),
  ).toHaveLength(30);
  expect(await findNotes()).toEqual(names('after', 30));
});

test('a COMMIT without a response is unknown: neither success nor a plain failure', async () => {
  await postgres.prepare();
  const freezeAtCommit = ({ sql }: { sql: string }) => {
    if (sql === 'COMMIT;') postgres.freeze();
  };
  impatient.client.on('query', freezeAtCommit);
  const error = await settle(writeNote('unknown'));
  impatient.client.off('query', freezeAtCommit);
  postgres.thaw();
  expect(error).toBeInstanceOf(DomainError);
  expect(error).toMatchObject({
    code: 'unavailable',
    data: { message: expect.stringContaining('same Idempotency-Key'), retryAfterSeconds: expect.any(Number) },
  });
});

test('a COMMIT that Postgres turns into a rollback is an error, not a success', async () => {
  const error = await settle(
    inTransaction(services, async (tx) => {
      await tx.db('notes').insert({ id: 'lost' });
      await settle(Promise.resolve(tx.db.raw('select 1 / 0')));
    }),
  );
  expect(error).toMatchObject({ code: '25P02' });
  expect(await findNotes()).toEqual([]);
});

test('a COMMIT that is refused is an error, and its reason is kept', async () => {
  await observer.db.raw('create table strict_notes (id text, unique (id) deferrable initially deferred)');
  const error = await settle(
    inTransaction(services, (tx) => tx.db('strict_notes').insert([{ id: 'twice' }, { id: 'twice' }])),
  );
  expect(error).toMatchObject({ code: '23505' });
});
