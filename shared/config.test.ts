import { readFileSync } from 'node:fs';
import { ConfigError, loadConfig } from './config.js';
import { environmentSchema } from './environment.js';

test('.env.example names every variable that is read, and no other', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const named = [...text.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(new Set(named).size).toBe(named.length);
  expect(named.sort()).toEqual(Object.keys(environmentSchema.shape).sort());
});

test('the values in .env.example are ones that can be loaded', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
  const given = Object.fromEntries(
    [...text.matchAll(/^# ([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const config = loadConfig({ ...given, NODE_ENV: 'test', SECRET_KEY: 'ab'.repeat(32) });
  expect(config.productHosts.get('api.hitl.sh')).toBe('hitl');
});

test('production names every problem together', () => {
  expect(() => loadConfig({ NODE_ENV: 'production', ISSUER: 'http://a.example' })).toThrow(ConfigError);
  try {
    loadConfig({ NODE_ENV: 'production', ISSUER: 'http://a.example' });
  } catch (error) {
    const message = String(error);
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'SMTP_URL', 'ISSUER', 'API_URL']) {
      expect(message).toContain(name);
    }
  }
});

test('a URL that cannot be one of Postgres, Redis or a mail server is refused, all in one message', () => {
  const wrong = {
    DATABASE_URL: 'localhost:5432/latchkey',
    DATABASE_DIRECT_URL: 'mysql://localhost/latchkey',
    REDIS_URL: 'localhost:6379',
    SMTP_URL: 'https://mail.example',
    SECRET_KEY: 'short',
    DATABASE_POOL_SIZE: '0',
  };
  let message = '';
  try {
    loadConfig(wrong);
  } catch (error) {
    message = String(error);
  }
  for (const name of Object.keys(wrong)) expect(message).toContain(name);
});

test('a value of the wrong form does not hide what production lacks', () => {
  expect(() => loadConfig({ NODE_ENV: 'production', AUTH_PORT: 'many' })).toThrow(
    /AUTH_PORT.*SECRET_KEY is missing.*API_URL must be an https URL/,
  );
});

test('a secret that is not 64 hexadecimal characters is refused', () => {
  expect(() => loadConfig({ SECRET_KEY: 'short' })).toThrow('SECRET_KEY: must be 64 hexadecimal characters');
});

test('an empty variable counts as absent', () => {
  expect(loadConfig({ SECRET_KEY: 'ab'.repeat(32), AUTH_PORT: '', REDIS_URL: '' })).toMatchObject({
    authPort: 3000,
    redisUrl: undefined,
  });
});

test('private addresses that may be called are addresses or blocks of them, and not names', () => {
  const secret = { SECRET_KEY: 'ab'.repeat(32) };
  expect(loadConfig({ ...secret, OUTBOUND_ALLOW: '10.0.0.0/8, ::1' }).outboundAllow).toEqual([
    '10.0.0.0/8',
    '::1',
  ]);
  expect(() => loadConfig({ ...secret, OUTBOUND_ALLOW: 'intranet' })).toThrow('OUTBOUND_ALLOW: must be');
});
