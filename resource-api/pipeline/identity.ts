/**
 * The result of looking for the caller of a request. A bad credential is carried along with its precise reason,
 * because limits are counted (and told) before anybody is refused.
 */
import type { CredentialProblem } from '../../shared/errors.js';
import type { Remembered } from '../credentials/cache.js';
import type { Possession } from '../credentials/possession.js';
import type { Candidate } from '../credentials/scheme.js';
import type { Caller } from '../routing/caller.js';

/** Who calls, or why that is not known; exactly one of `caller` and `problem`. */
export interface Identity {
  caller?: Caller;
  problem?: CredentialProblem;
  /** Whether anything was presented at all (RFC 6750 section 3.1: no `error` for those who sent nothing). */
  presented: boolean;
  /** Set when the token may be good, but its sender did not prove to hold the key that it is bound to. */
  unproven?: Exclude<Possession, 'proven'>;
  /** Set where there is a record: how to read it again, and what it is. */
  candidate?: Candidate;
  remembered?: Remembered;
}

/** The identity of a request without a credential. */
export const anonymous: Identity = { problem: 'credential_missing', presented: false };

/** The identity of a request whose credential is not accepted. */
export const unaccepted = (problem: CredentialProblem): Identity => ({ problem, presented: true });
