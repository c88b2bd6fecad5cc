import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { authorize } from '../auth-server/testing/authorization-flow.js';
import { FormBrowser } from '../shared/testing/form-browser.js';
import { createCheckout, type Started } from './testing/checkout.js';

const checkout = await createCheckout();
const { authUrl, apiUrl } = checkout;
let started: Started;

beforeAll(async () => {
  started = await checkout.start('npm start');
});

/** A printed command that begins like this, to be pasted. */
function printedCommand(part: string): string {
  const line = started
    .output()
    .split('\n')
    .find((candidate) => candidate.includes(part));
  if (line === undefined) throw new Error(`nothing printed has ${part}: ${started.output()}`);
  return line;
}

test('npm start says in one line that it is ready, and where', () => {
  const ready = started
    .output()
    .split('\n')
    .filter((line) => line.startsWith('ready'));
  expect(ready).toEqual([`ready  auth ${authUrl}  api ${apiUrl}`]);
});

test('the secrets that it made are for their owner alone', async () => {
  for (const file of ['secret-key', 'postgres.json']) {
    expect((await stat(join(checkout.folder, '.data', file))).mode & 0o777).toBe(0o600);
  }
});

test('the printed commands work when pasted: a key, a consent, its tokens, and what they open', async () => {
  const simulated = await checkout.run(printedCommand('usr_maria_42'));
  expect(JSON.parse(simulated.output)).toMatchObject({ human_id: 'usr_maria_42' });

  const [, email = '', password = ''] =
    /sign in as (\S+) with the password (\S+)/.exec(started.output()) ?? [];
  const flow = await checkout.start(printedCommand('try-flow'));
  const { searchParams } = new URL(/open (\S+)/.exec(flow.output())?.[1] ?? '');
  const { page } = await authorize(new FormBrowser(authUrl), Object.fromEntries(searchParams), {
    email,
    password,
  });
  expect((await fetch(page.location ?? '')).status).toBe(200);
  const { status, output } = await flow.finished;
  expect(status).toBe(0);
  const { tokens, status: human } = JSON.parse(output.slice(output.indexOf('{')));
  expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'status:read profile:read' });
  expect(human).toMatchObject({ human_id: tokens.human_id });
  const client = await checkout.run(printedCommand('client create'));
  expect(JSON.parse(client.output).client_id).toMatch(/^app_/);
});

test('the command line acts on the running database, and the servers know at once', async () => {
  const created = await checkout.run(
    'npm run -s cli -- key create --user dev@example.com --product haas --env test',
  );
  expect(created).toMatchObject({ status: 0, errors: '' });
  const { key } = JSON.parse(created.output);
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${apiUrl}/haas/v1/humans/usr_maria_42/status`, { headers });
  expect(response.status).toBe(200);
});

test('a second start in the same folder is refused in one sentence and harms nothing', async () => {
  const second = await checkout.run('npm start --silent');
  expect(second.status).toBe(1);
  expect(second.output).toBe('');
  expect(sentences(second.errors)).toEqual([
    expect.stringMatching(
      /^Latchkey already runs with the data folder .*\.data \(process \d+\): stop it first/,
    ),
  ]);
  expect((await fetch(`${authUrl}/health`)).status).toBe(200);
});

test('a busy port is refused in one sentence, and the database that was started for it is stopped', async () => {
  const elsewhere = { DATA_DIR: join(checkout.folder, 'elsewhere') };
  const busy = await checkout.run('npm start --silent', elsewhere);
  expect(busy.status).toBe(1);
  const { port } = new URL(authUrl);
  expect(sentences(busy.errors)).toContain(
    `Port ${port} on 127.0.0.1 is in use: stop the program that listens there or set AUTH_PORT to another port.`,
  );
  await expect(stat(join(elsewhere.DATA_DIR, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('a database that is not there is named in one sentence, without its password', async () => {
  const DATABASE_URL = 'postgres://someone:hunter2@127.0.0.1:1/latchkey';
  const failed = await checkout.run('npm start --silent', { DATABASE_URL });
  expect(failed.status).toBe(1);
  expect(sentences(failed.errors)).toEqual([
    'The database at 127.0.0.1:1/latchkey cannot be used (connect ECONNREFUSED 127.0.0.1:1): check DATABASE_URL.',
  ]);
});

test('SIGTERM to npm: the accepted call is served, new ones are refused, and nothing is left running', async () => {
  const postmaster = await checkout.findPostmaster();
  expect(postmaster).toBeDefined();
  const body = 'grant_type=authorization_code&code=none';
  const call = request(`${authUrl}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
  });
  const [head, tail] = [body.slice(0, 5), body.slice(5)];
  call.write(head);
  await untilSent(call);

  started.process.kill('SIGTERM');
  while (await accepts(Number(new URL(authUrl).port)));
  const begun = performance.now();
  call.end(tail);
  const [response] = await once(call, 'response');
  expect(response.statusCode).toBe(400);
  expect(JSON.parse(await text(response))).toMatchObject({ error: expect.any(String) });

  const { status } = await started.finished;
  expect(status).toBe(0);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(await checkout.findPostmaster()).toBeUndefined();
});

/** What was said on standard error, but for what the tools themselves like to remark. */
function sentences(errors: string): string[] {
  return errors
    .split('\n')
    .filter((line) => line !== '' && !/^(npm |oidc-provider WARNING|preparing a Postgres)/.test(line));
}

async function untilSent(call: ReturnType<typeof request>): Promise<void> {
  await new Promise((resolve) => call.once('socket', (socket) => socket.once('connect', resolve)));
  // An answer to a later request on another connection: the server has read what was sent before.
  await fetch(`${authUrl}/health`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}
