/** Tables stay flat under constant load: what is issued today is gone tomorrow, in bounded batches. */
import { createTestServices } from '../testing/services.js';
import { cleanUp, cleanupTasks } from './cleanup.js';

const { services, clock } = await createTestServices();
const { db } = services;

const issue = (count: number) =>
  db.raw(
    `insert into oidc_records (model, id_hash, payload, grant_id, account_id, client_id, expires_at, created_at)
     select 'AccessToken', sha256(convert_to(gen_random_uuid()::text, 'utf8')), '{"kind":"AccessToken"}',
            'grant_' || (n % 5000), 'usr_' || (n % 1000), 'app', now() + (? || ' ms')::interval, now()
     from generate_series(1, ?) as n`,
    [clock.offsetMs + 3_600_000, count],
  );

const rows = async () => Number((await db('oidc_records').count({ rows: '*' }).first())?.rows);

test('200,000 tokens that were issued and have expired are removed, and no batch takes more than it may', async () => {
  // In portions, so that each statement stays within its time limit on a busy machine.
  for (let portion = 0; portion < 10; portion += 1) await issue(20_000);
  const { oidc_records: remove } = cleanupTasks;
  expect(await remove?.(services, 1000)).toBe(0);
  clock.advance(2 * 3_600_000);
  await issue(1_000);
  expect(await remove?.(services, 1000)).toBe(1000);
  const removed = await cleanUp(services, {
    tasks: { oidc_records: remove ?? (async () => 0) },
    batchRows: 20_000,
  });
  expect(removed).toEqual({ oidc_records: 199_000 });
  expect(await rows()).toBe(1_000);
}, 120_000);

test('the batches find their rows by an index', async () => {
  const { rows: plan } = await db.raw(
    'explain select ctid from oidc_records where expires_at < now() order by expires_at limit 1000',
  );
  expect(JSON.stringify(plan)).toContain('oidc_records_expiry_idx');
});
