/**
 * A credential scheme answers one of three things about what a request presents: not mine; mine but wrong, with a
 * precise reason; or how to look it up. The look-up is the cache's business, so that no scheme can forget it.
 */
import type { CredentialProblem } from '../../shared/errors.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import type { Caller } from '../routing/caller.js';
import type { Presented } from './presented.js';

/** What the database says about a credential, good for as long as none of `dependsOn` changes. */
export interface CredentialRecord {
  caller: Caller;
  /** What is wrong with it whatever the time, if anything. */
  problem: CredentialProblem | undefined;
  /** What it is called once `caller.expiresAtMs` has passed. */
  whenExpired: CredentialProblem;
  /** Subjects (shared/changes) whose change makes this record worthless. */
  dependsOn: string[];
  /** Thumbprint of the key that a sender-constrained token is bound to (RFC 9449 section 6). */
  boundTo?: string;
}

export interface Candidate {
  /** Names the credential in the cache; the credential itself is not kept. */
  id: string;
  /** What to say when nothing is found. */
  whenUnknown: CredentialProblem;
  load(): Promise<CredentialRecord | undefined>;
  /** Whether a value that is not remembered can be a credential at all; where it cannot, nothing is looked up. */
  isPlausible?(): boolean;
}

export type Recognition =
  | { kind: 'notMine' }
  | { kind: 'wrong'; problem: CredentialProblem }
  | { kind: 'candidate'; candidate: Candidate };

export interface CredentialScheme {
  recognise(services: Services, product: Product, presented: Presented): Recognition;
}

export const notMine: Recognition = { kind: 'notMine' };
export const wrong = (problem: CredentialProblem): Recognition => ({ kind: 'wrong', problem });
