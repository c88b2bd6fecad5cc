/**
 * What a product contributes for agents that ask people with tools: one kind of request to people, the tool that makes it, and how such a
 * request is read, cancelled and continued. Every function calls the domain of its product, so that its plans,
 * limits, consent and webhooks hold for agents as for everybody else.
 */
import type { z } from 'zod';
import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import type { Actor } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';

/** On whose behalf an agent acts. */
export interface Asker {
  /** The person who signed in, or the owner of the API key: their account, plans, loops and consents count. */
  personId: string;
  environment: KeyEnvironment;
  /** The OAuth client or the family of the API key. */
  credential: { kind: 'client' | 'key'; id: string };
  /** For the audit log. */
  actor: Actor;
}

export type PeopleRequestStatus =
  | 'waiting'
  | 'working'
  | 'needs_input'
  | 'done'
  | 'declined'
  | 'expired'
  | 'cancelled';

/** A request as it stands in its product at this moment. */
export interface PeopleRequest {
  status: PeopleRequestStatus;
  /** Who has it; null while nobody does, or where several were asked. */
  human: { id: string; name: string } | null;
  /** What a person asked back; a person's words. */
  question: string | null;
  /** What a person replied; a person's words. */
  answer: unknown;
  /** ISO 8601 in UTC. */
  deadline: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Somebody who can be asked. */
export interface Askable {
  id: string;
  type: 'human' | 'loop';
  name: string;
  description: string;
  skills: string[];
}

/** The tool that makes a request. */
export interface AskTool<Input extends z.ZodObject = z.ZodObject> {
  name: string;
  title: string;
  description: string;
  /** Whether it spends money: asks for a scope of its own. */
  pays: boolean;
  input: Input;
  /**
   * Makes the request inside the caller's transaction; returns its id in the product. Throws `consent_required`
   * where nobody can be asked before the person who uses the agent has connected somebody.
   */
  create(tx: Services, asker: Asker, input: z.output<Input>): Promise<string>;
}

/** How a person connects somebody to ask, where there is nobody. */
export interface Connecting {
  /** What the page says is missing, as a sentence. */
  missing: string;
  /** Whether the page asks for the email address of somebody to invite. */
  invites: boolean;
  /** Does what the person confirmed, inside a transaction. Doing it again changes nothing. */
  accept(tx: Services, person: { id: string; environment: KeyEnvironment }, email?: string): Promise<void>;
}

export interface PeopleRequestKind {
  /** Stored with each request; unique among products. */
  kind: string;
  /** Whether it exists over simulated humans. */
  inTest: boolean;
  ask: AskTool;
  connecting: Connecting;
  /** Throws `not_found` when the request is gone. */
  read(services: Services, asker: Asker, id: string): Promise<PeopleRequest>;
  /** Throws `conflict` once it has ended. */
  cancel?(tx: Services, asker: Asker, id: string): Promise<void>;
  /** Replies to a person who asked back. Throws `conflict` where nobody did. */
  clarify?(tx: Services, asker: Asker, id: string, answer: string): Promise<void>;
  /** Approves or disputes what was delivered. Throws `conflict` where nothing was. */
  settle?(tx: Services, asker: Asker, id: string, settlement: Settlement): Promise<void>;
  /** Who can be asked: up to `limit` of them from `offset` on. */
  listAskable?(services: Services, asker: Asker, page: { offset: number; limit: number }): Promise<Askable[]>;
}

export interface Settlement {
  decision: 'approve' | 'dispute';
  reason: string | undefined;
}

/** A kind with the type of its tool's input left open. */
export function requestKind<Input extends z.ZodObject>(
  kind: Omit<PeopleRequestKind, 'ask'> & { ask: AskTool<Input> },
): PeopleRequestKind {
  // The tool's input is parsed with its own schema before `create` is called.
  return kind as unknown as PeopleRequestKind;
}
