import { readdir } from 'node:fs/promises';
import { createCheckout } from './testing/checkout.js';

// A folder that only its owner may enter: root's Postgres, being another user's, must find a place outside.
const checkout = await createCheckout(0o700);

/** What `npm run -s cli -- …` runs, without the time that npm takes. */
const cli = (args: string) => checkout.run(`node scripts/run.js scripts/cli ${args}`);
const person = '--email ada@example.com --name Ada --password "correct horse battery"';

test('without an installation every call is refused, and none is made', async () => {
  for (const args of ['migrate status', 'user list']) {
    const refused = await cli(args);
    expect(refused).toMatchObject({ status: 1, output: '' });
    expect(refused.errors).toContain('There is no installation in the data folder .data');
  }
  expect(await readdir(checkout.folder)).not.toContain('.data');
});

test('with no database running, a command starts it, acts, and stops it', async () => {
  expect((await checkout.run('node scripts/run.js scripts/migrate')).status).toBe(0);
  const created = await cli(`user create ${person} --human`);
  expect(created.status).toBe(0);
  expect(JSON.parse(created.output)).toEqual({
    id: expect.stringMatching(/^usr_[0-9a-f]{24}$/),
    email: 'ada@example.com',
  });
  expect(await checkout.findPostmaster()).toBeUndefined();
});

test('commands at the same time wait for each other', async () => {
  const results = await Promise.all([
    cli('key create --user ada@example.com --product haas --env test --name One'),
    cli(
      'client create --user ada@example.com --product haas --name App --redirect-uri http://localhost:1/a --redirect-uri https://app.example/b',
    ),
  ]);
  expect(results.map(({ status }) => status)).toEqual([0, 0]);
  const [key, client] = results.map(({ output }) => JSON.parse(output));
  expect(key).toMatchObject({ id: expect.any(String), key: expect.stringMatching(/^haas_test_sk_/) });
  expect(client).toEqual({ client_id: expect.stringMatching(/^app_/), client_secret: expect.any(String) });
});

test('where keys belong to agents, the agent of an address is made once and used again', async () => {
  const keys = [];
  for (const name of ['One', 'Two']) {
    const made = await cli(`key create --user bot@example.com --product humanping --name ${name}`);
    expect(made.status).toBe(0);
    keys.push(JSON.parse(made.output).key);
  }
  expect(new Set(keys).size).toBe(2);
});

test('an error is one sentence on standard error and exit status 1', async () => {
  const failures: [string, string][] = [
    [`user create ${person}`, 'already registered'],
    ['user create --email ada@example.com --name Ada', '--password is missing'],
    ['user create --emial x', "unknown option '--emial'"],
    ['key create --user ada@example.com --product nothing', '--product must be one of: '],
    ['key create --user ada@example.com --product humanping --env test', 'HumanPing has no test keys'],
    ['key create --user nobody@example.com --product haas', 'No user has the address nobody@example.com'],
  ];
  for (const [args, sentence] of failures) {
    const failed = await cli(args);
    expect(failed).toMatchObject({ status: 1, output: '' });
    expect(failed.errors.trim().split('\n')).toEqual([expect.stringContaining(sentence)]);
  }
});

test('without a command it tells which there are', async () => {
  const { status, output, errors } = await cli('');
  expect([status, output]).toEqual([1, '']);
  expect(errors).toContain('  user create --email E --name N --password P [--verified] [--human]\n');
});

test('help and the version are printed at every level, with exit status 0', async () => {
  const program = (args: string) => checkout.run(`node scripts/latchkey.js ${args}`);
  for (const level of ['', 'user', 'user create']) {
    const [help, version] = await Promise.all([program(`${level} --help`), program(`${level} --version`)]);
    expect(help).toMatchObject({ status: 0, errors: '' });
    expect(help.output).toMatch(/^Usage: latchkey /);
    expect(version).toEqual({ status: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), errors: '' });
  }
});

test('a command takes the place of a server that was killed', async () => {
  const server = await checkout.start('npm start');
  const postmaster = await checkout.findPostmaster();
  expect(postmaster).toBeDefined();
  process.kill(await serverOf(postmaster ?? 0), 'SIGKILL');
  await server.finished;
  expect(JSON.parse((await cli('migrate status')).output).pending).toEqual([]);
  expect(await checkout.findPostmaster()).toBeUndefined();
});

/** The node process that started a postmaster. */
async function serverOf(postmaster: number): Promise<number> {
  const { output } = await checkout.run(`ps -o ppid= -p ${postmaster}`);
  return Number(output);
}
