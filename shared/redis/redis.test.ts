import { pino } from 'pino';
import { eventually, startFragileRedis } from '../testing/fragile-redis.js';
import { createRedisLink, defineScript } from './redis.js';

const logged: string[] = [];
const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line).msg) });
const redis = await startFragileRedis();
const link = createRedisLink({ url: redis.url, keyPrefix: 'one:', logger });
const other = createRedisLink({ url: redis.url, keyPrefix: 'one:', logger: pino({ level: 'silent' }) });
const absent = createRedisLink({ keyPrefix: 'one:', logger });
await Promise.all([link.settled, other.settled]);
afterAll(async () => {
  await Promise.all([link.close(), other.close(), absent.close()]);
  await redis.kill();
});

test('without an address the link is there and never available', async () => {
  await absent.settled;
  expect([absent.enabled, absent.available]).toEqual([false, false]);
  expect(await absent.run((client) => client.ping())).toBeUndefined();
  expect(await absent.publish('news', 'hello')).toBe(false);
});

test('keys carry the prefix', async () => {
  await link.run((client) => client.set('greeting', 'hello'));
  expect(await link.run((client) => client.keys('*'))).toContain('one:greeting');
});

test('a script runs by its hash, also after Redis forgot it', async () => {
  const script = defineScript(`return ARGV[1] .. KEYS[1]`);
  expect(await link.runScript(script, ['k'], ['v'])).toBe('vone:k');
  await link.run((client) => client.script('FLUSH'));
  expect(await link.runScript(script, ['k'], ['w'])).toBe('wone:k');
});

test('a mistake in a command is the caller’s, and the link stays', async () => {
  await link.run((client) => client.set('text', 'x'));
  await expect(link.run((client) => client.incr('text'))).rejects.toThrow('not an integer');
  expect(link.available).toBe(true);
});

test('a message reaches other processes, and a gap is announced', async () => {
  const heard: string[] = [];
  let gaps = 0;
  const stop = await link.subscribe(
    'news',
    (message) => heard.push(message),
    () => (gaps += 1),
  );
  await other.publish('news', 'first');
  await eventually(() => heard.includes('first'));
  await redis.kill();
  await redis.restart();
  await eventually(() => gaps === 1 && other.available);
  await other.publish('news', 'second');
  await eventually(() => heard.includes('second'));
  stop();
  await other.publish('news', 'third');
  await other.run((client) => client.ping());
  expect(heard).toEqual(['first', 'second']);
});

test('an outage is one warning, and its end another', async () => {
  await eventually(() => link.available);
  logged.length = 0;
  const { opened, closed } = link.counters;
  redis.freeze();
  expect(await link.run((client) => client.ping())).toBeUndefined();
  expect(await link.run((client) => client.ping())).toBeUndefined();
  redis.thaw();
  await eventually(() => link.available);
  expect(logged).toEqual([
    'Redis is gone; limits are counted in this process until it is back',
    'Redis is back',
  ]);
  expect(link.counters).toMatchObject({ opened: opened + 1, closed: closed + 1 });
});
