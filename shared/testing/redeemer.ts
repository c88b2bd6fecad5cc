/**
 * A process that redeems one link or one code many times at once, when it is told to: so that a test can have two
 * of them race. Its only argument is the race as JSON; it says "ready", waits for a line, and prints its successes.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { loadConfig } from '../config.js';
import { redeemEmailLink } from '../identity/sign-in/email-links.js';
import { redeemOneTimeCode } from '../identity/sign-in/one-time-codes.js';
import { closeServices, createServices, type Services } from '../services.js';

export type Race =
  | { kind: 'link'; token: string; attempts: number }
  | { kind: 'code'; email: string; code: string; attempts: number };

async function redeem(services: Services, race: Race): Promise<boolean> {
  if (race.kind === 'link') return 'link' in (await redeemEmailLink(services, 'reset_password', race.token));
  const { email, code } = race;
  return (await redeemOneTimeCode(services, { purpose: 'agenthuman', email, code })) !== undefined;
}

const race: Race = JSON.parse(process.argv[2] ?? '');
const services = createServices({ ...loadConfig(), databasePoolSize: 20 });
// The connections are open before the race begins.
await Promise.all(Array.from({ length: 20 }, () => services.db.raw('select pg_sleep(0.01)')));
process.stdout.write('ready\n');
await once(createInterface({ input: process.stdin }), 'line');
const responses = await Promise.all(Array.from({ length: race.attempts }, () => redeem(services, race)));
process.stdout.write(`${responses.filter(Boolean).length}\n`);
await closeServices(services);
process.exit(0);
