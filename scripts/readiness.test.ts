import { createServices } from '../shared/services.js';
import { createTestServices, whenFileEnds } from '../shared/testing/services.js';
import { startTestServers } from './testing/servers.js';

const { services } = await createTestServices();
const { authUrl, apiUrl } = await startTestServers(services);
const servers = [authUrl, apiUrl];

async function ready(url: string) {
  const response = await fetch(`${url}/ready`);
  return { status: response.status, body: await response.json() };
}

test('both servers say in the same shape that they can serve', async () => {
  for (const url of servers) {
    expect(await ready(url)).toEqual({ status: 200, body: { status: 'ready', database: 'up', redis: 'up' } });
  }
});

test('both servers say in the same shape that Postgres is gone and that there is no Redis', async () => {
  const { db, redis } = createServices({
    ...services.config,
    databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing',
    redisUrl: undefined,
  });
  whenFileEnds(() => db.destroy());
  const usual = { db: services.db, redis: services.redis };
  Object.assign(services, { db, redis });
  const answers = await Promise.all(servers.map(ready)).finally(() => Object.assign(services, usual));
  const body = { status: 'unavailable', database: 'down', redis: 'none' };
  expect(answers).toEqual([
    { status: 503, body },
    { status: 503, body },
  ]);
});
