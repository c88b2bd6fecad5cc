/**
 * Waiting for a request to change, for a client that holds its call open. It reads the request once a second and
 * holds no database connection in between. The end of the call, or of the server, ends the waiting and nothing else.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, type MadeRequest } from './request-view.js';

const readEveryMs = 1_000;

/** Changes are told this often at most, in milliseconds. */
const tellEveryMs = 5_000;

export interface Waiting {
  seconds: number;
  signals: AbortSignal[];
  read(): Promise<MadeRequest>;
  /** Called with each change that is not the last. */
  onChange(made: MadeRequest): Promise<void>;
}

/** The request once it has ended or a person asked back, or as it stands when the time is over. */
export async function waitForChange(first: MadeRequest, waiting: Waiting): Promise<MadeRequest> {
  const endAt = performance.now() + waiting.seconds * 1000;
  const signal = AbortSignal.any(waiting.signals);
  let current = first;
  let told = Number.NEGATIVE_INFINITY;
  let toldState = fingerprint(first);
  while (!isSettled(current) && performance.now() < endAt && !signal.aborted) {
    await delay(Math.min(readEveryMs, Math.max(endAt - performance.now(), 0)), undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted) return current;
    current = await waiting.read();
    if (fingerprint(current) !== toldState && performance.now() - told >= tellEveryMs) {
      told = performance.now();
      toldState = fingerprint(current);
      await waiting.onChange(current);
    }
  }
  return current;
}

const isSettled = ({ state }: MadeRequest): boolean => hasEnded(state) || state.status === 'needs_input';

const fingerprint = ({ state }: MadeRequest): string => `${state.status} ${state.updatedAt.getTime()}`;
