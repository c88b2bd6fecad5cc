/** Behind a pooler in transaction mode LISTEN succeeds and nothing is heard: a revocation must hold all the same. */
import { pino } from 'pino';
import { type ChangeHandlers, listenForChanges } from '../../shared/changes/change-listener.js';
import { serve } from '../../shared/http/serve.js';
import { startDeafPooler } from '../../shared/testing/deaf-pooler.js';
import { eventually } from '../../shared/testing/fragile-redis.js';
import { createTestServices, whenFileEnds } from '../../shared/testing/services.js';
import { createResourceApi } from '../app.js';
import { anotherProcess, callApi, makeKey, makePerson } from '../testing/serve.js';

const path = '/haas/v1/humans/usr_maria_42/status';
const { services: direct } = await createTestServices({ redisUrl: undefined, rateLimitFactor: 1_000 });
const databaseUrl = await startDeafPooler(direct.config.databaseUrl ?? '');
const pooled = anotherProcess({ ...direct, config: { ...direct.config, databaseUrl } });

const handlers = (events: string[]): ChangeHandlers => ({
  onChange: (subject) => void events.push(subject),
  onListening: () => void events.push('listening'),
  onLost: () => void events.push('lost'),
});

test('a disabled key is refused with the next request, and a warning names DATABASE_DIRECT_URL', async () => {
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
  const app = createResourceApi({ ...pooled, logger });
  const server = await serve({ handler: app.handler, host: '127.0.0.1', port: 0 });
  whenFileEnds(() => Promise.all([server.close(), app.close()]));
  const person = await makePerson(direct);
  const { id, key } = await makeKey(direct, 'haas', person.id, { environment: 'test' });
  const call = () => callApi(server.url + path, { bearer: key });
  expect((await call()).status).toBe(200);
  await eventually(() => logged.some((line) => line.includes('DATABASE_DIRECT_URL')), 10_000);
  expect((await call()).status).toBe(200);
  await direct.db('api_keys').where({ id }).update({ status: 'disabled' });
  expect((await call()).status).toBe(401);
});

test('with DATABASE_DIRECT_URL changes are heard although DATABASE_URL is such a pooler', async () => {
  const events: string[] = [];
  const config = { ...pooled.config, databaseDirectUrl: direct.config.databaseUrl };
  const listener = listenForChanges({ ...pooled, config }, handlers(events));
  whenFileEnds(listener.close);
  await listener.listening;
  await direct.db.raw("select pg_notify('latchkey_changes', 'key:1')");
  await eventually(() => events.includes('key:1'));
  expect(events).toEqual(['listening', 'key:1']);
});
