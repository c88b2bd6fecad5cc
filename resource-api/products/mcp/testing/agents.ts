/** Makers for tests of the MCP server: agents of a person, and the time in which simulated humans are awake. */
import type { Services } from '../../../../shared/services.js';
import type { TestClock } from '../../../../shared/testing/clock.js';
import { runDueJobs } from '../../../../shared/testing/jobs.js';
import { apiHandlers } from '../../../job-handlers.js';
import { makePerson } from '../../../testing/serve.js';
import { makeAccessToken } from '../../../testing/tokens.js';

export const allScopes = ['humans:read', 'humans:ask', 'humans:pay'];

/** An app of somebody else, with a token for a person. */
export async function makeAgent(services: Services, personId: string, scopes: string[] = allScopes) {
  const { id: ownerId } = await makePerson(services);
  return makeAccessToken(services, { productId: 'mcp', ownerId, personId, scopes });
}

/** Half past twelve in Madrid: the simulated humans whom tests ask are awake. */
export function toNoon(clock: TestClock): void {
  clock.advance(86_400_000 - ((clock.ms() - Date.UTC(2030, 0, 15, 11, 30)) % 86_400_000));
}

/** Lets time pass, a little at a time, until `done` says so. */
export async function untilJobs(
  services: Services,
  clock: TestClock,
  done: () => Promise<boolean>,
): Promise<void> {
  for (let step = 0; step < 40; step += 1) {
    await runDueJobs(services, apiHandlers);
    if (await done()) return;
    clock.advance(5_000);
  }
  throw new Error('what was waited for did not happen');
}
