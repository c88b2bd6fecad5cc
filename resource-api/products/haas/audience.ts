/**
 * Whose events a connection may hear. A test key hears of all its simulated humans, a token of its one human. A live
 * key hears of the humans who gave the account `communication:realtime`; that is looked up when it may have changed,
 * before the next event goes out, so that nothing is told after a human took it back.
 */

import { personSubject } from '../../../shared/ids.js';
import type { Services } from '../../../shared/services.js';
import type { AppCaller } from './access.js';
import { listConsentingIds, type Reach } from './domain/reachable-humans.js';

export interface Audience {
  /** Whether `hears` can be answered for this human (`usr_…`) without looking anything up. */
  isKnown(humanId: string): boolean;
  /** Looks up what is not known. */
  refresh(): Promise<void>;
  hears(humanId: string): boolean;
  /** Something changed on which the answer may depend. */
  forget(): void;
}

export const realtimeScope = 'communication:realtime';

/** Without a change, for this long; consent that lapses by itself tells nobody. */
const knownForMs = 60_000;
/** Somebody who is not known may have consented since we looked. */
const unknownForMs = 1_000;

export function createAudience(services: Services, caller: AppCaller, reach: Reach): Audience {
  if (caller.kind === 'accessToken') {
    const own = caller.personId === undefined ? undefined : personSubject(caller.personId);
    return fixed((humanId) => humanId === own);
  }
  return caller.environment === 'test' ? fixed(() => true) : createConsenting(services, reach);
}

const fixed = (hears: Audience['hears']): Audience => ({
  isKnown: () => true,
  refresh: async () => undefined,
  hears,
  forget: () => undefined,
});

function createConsenting(services: Services, reach: Reach): Audience {
  const { clock } = services;
  let humans: ReadonlySet<string> = new Set();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let forgotten = 0;

  const isKnown = (humanId: string): boolean =>
    clock.ms() - readAtMs < (humans.has(humanId) ? knownForMs : unknownForMs);

  return {
    isKnown,
    async refresh() {
      if (clock.ms() - readAtMs < unknownForMs) return;
      const [begunAtMs, begunUnder] = [clock.ms(), forgotten];
      const ids = await listConsentingIds(services, reach, realtimeScope);
      humans = new Set(ids.map(personSubject));
      // What changed while we were reading may not be in it.
      readAtMs = begunUnder === forgotten ? begunAtMs : Number.NEGATIVE_INFINITY;
    },
    hears: (humanId) => humans.has(humanId),
    forget() {
      forgotten += 1;
      readAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}
