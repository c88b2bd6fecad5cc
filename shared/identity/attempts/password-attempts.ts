/**
 * Limits on guessing passwords, shared by everything that asks for one: the sign-in page, sign-in during an
 * authorization, the sign-in routes of the products, and the account pages that ask again.
 *
 * An account takes 10 wrong guesses in 15 minutes, over all of these together. Whoever signed in before has a
 * budget of 10 apart from that, per browser and per network, so that guesses of others do not lock the owner out.
 * An attempt is charged before the password is compared (otherwise parallel guesses would all pass) and given back
 * when the password was right.
 */
import type { LimitCheck } from '../../limiter/limit.js';
import { limiterOf } from '../../limiter/limiter.js';
import { RateLimitedError } from '../../limiter/rate-limited-error.js';
import { addressSubject, emailSubject } from '../../limiter/subjects.js';
import type { Services } from '../../services.js';
import { isKnownNetwork, rememberNetwork } from './known-networks.js';

export const passwordLimits = {
  /** Wrong passwords for one email, or for one email from one known browser or network. */
  signInAccount: { quota: 10, seconds: 900, mayEmpty: true },
  /** Wrong passwords from one IP address, whatever the emails. */
  signInAddress: { quota: 100, seconds: 900, mayEmpty: true },
} as const;

/** What the limiter groups these counters by; the same in both servers. */
const group = 'auth';

export interface PasswordSource {
  email: string;
  /** undefined on the command line and in jobs: then only the account is counted. */
  ipAddress: string | undefined;
  /** The id of a browser in which this account was signed in to before, or of its session. */
  browser?: string;
}

export interface PasswordAttempt {
  /** To be called when the password was right: gives the attempt back and remembers the network. */
  succeed(user: { id: string; email: string }): Promise<void>;
  /** Gives the attempt back: the password was never compared, or was right and something else was wrong. */
  giveBack(): Promise<void>;
}

/** Charges an attempt. Throws `RateLimitedError` when there is none left. */
export async function attemptPassword(services: Services, source: PasswordSource): Promise<PasswordAttempt> {
  const { ipAddress } = source;
  const checks: LimitCheck[] = [toCheck('signInAccount', await findAccountSubject(services, source))];
  if (ipAddress !== undefined) checks.push(toCheck('signInAddress', addressSubject(ipAddress)));
  const limiter = limiterOf(services);
  const decision = await limiter.take(group, checks);
  if (!decision.allowed) throw new RateLimitedError(decision);
  const giveBack = async () => {
    await limiter.take(
      group,
      checks.map((check) => ({ ...check, cost: -1 })),
    );
  };
  return {
    giveBack,
    async succeed(user) {
      await giveBack();
      if (ipAddress !== undefined) await rememberNetwork(services, user, ipAddress);
    },
  };
}

async function findAccountSubject(
  services: Services,
  { email, ipAddress, browser }: PasswordSource,
): Promise<string> {
  const account = emailSubject(email);
  if (browser !== undefined) return `${account}:${browser}`;
  if (ipAddress !== undefined && (await isKnownNetwork(services, email, ipAddress))) {
    return `${account}:${addressSubject(ipAddress)}`;
  }
  return account;
}

function toCheck(name: keyof typeof passwordLimits, subject: string): LimitCheck {
  const { quota, seconds, mayEmpty } = passwordLimits[name];
  return { name, subject, quota, window: { kind: 'fixed', seconds }, mayEmpty };
}
