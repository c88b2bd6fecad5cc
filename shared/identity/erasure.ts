/**
 * Erasing a person (GDPR article 17). Whatever names or locates them goes, everything of theirs ends, and their
 * address is free again. What stays is what others rely on: rows that other rows point to, under an id that means
 * nobody, and the audit log without its personal values.
 *
 * An agent with the same email goes along only if both proved the mailbox: the person confirmed the email and the
 * agent was claimed by a mailed link. The same holds for one-time codes and mails: those of an email that the account
 * never proved may be somebody else's and stay, except mails about this account.
 *
 * What products keep about an account (tasks, webhooks, …) is theirs to erase, in a job that this transaction
 * leaves behind. It waits a little, so that calls which are still being written down are found too.
 */
import { recordAudit } from '../audit/audit.js';
import { erasePersonalAudit } from '../audit/audit-retention.js';
import { announceChange } from '../changes/changes.js';
import { sqlNow } from '../clock.js';
import { canonicalEmail } from '../email.js';
import { DomainError } from '../errors.js';
import { enqueueJob } from '../jobs/queue.js';
import { forgetMails, forgetMailsAbout, queueMail } from '../mail/mail.js';
import { inTransaction, type Services } from '../services.js';
import { revokeApiKeysOf } from './api-keys/api-key-changes.js';
import { forgetKeyCalls } from './api-keys/key-calls.js';
import { forgetNetworks } from './attempts/known-networks.js';
import { accountErasedMail } from './mails/account-erased.js';
import { liveGrants } from './oauth/grants.js';
import { deleteOAuthClient, listOAuthClients } from './oauth/oauth-client-changes.js';
import { findAgentByEmail } from './people/agents.js';
import type { Origin } from './people/origin.js';
import type { Actor } from './people/users.js';
import { deleteOneTimeCodes } from './sign-in/one-time-codes.js';
import { getUserWithPassword } from './sign-in/password-change.js';
import { endSignIns } from './sign-in/sign-ins.js';

const productsWaitSeconds = 90;

/** Nobody's address: `.invalid` has no mailboxes (RFC 2606). */
const placeholderEmail = (id: string): string => `${id}@erased.invalid`;

/**
 * Erases a person for good, and sends a last mail to their address. Doing it again changes nothing. Throws
 * `not_found`.
 */
export async function eraseUser(
  services: Services,
  userId: string,
  actor: Actor,
  origin: Origin = {},
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const user = await tx
      .db('users')
      .where({ id: userId })
      .forUpdate()
      .first('email', 'status', 'email_verified_at as verifiedAt');
    if (!user) throw new DomainError('not_found', { subject: 'user' });
    if (user.status === 'erased') return;
    const addresses = await listProvenAddresses(tx, userId, user);
    await endSignIns(tx, userId, actor);
    await tx.db('consents').where({ user_id: userId }).delete();
    for (const { id } of await listOAuthClients(tx, userId)) await deleteOAuthClient(tx, id, actor);
    await eraseKeys(tx, userId, actor);
    const agent = user.verifiedAt === null ? undefined : await findAgentByEmail(tx, user.email);
    if (agent && agent.claimedAt !== null) await eraseAgent(tx, agent.id, actor);
    await eraseRows(tx, userId);
    await tx.db('email_links').where({ account_id: userId }).delete();
    await forgetNetworks(tx, userId);
    for (const address of addresses) {
      await deleteOneTimeCodes(tx, address);
      await forgetMails(tx, address);
    }
    await forgetMailsAbout(tx, userId);
    await erasePersonalAudit(tx, userId);
    const lastMailId = await queueMail(tx, { to: user.email, ...accountErasedMail(tx, origin) });
    await enqueueJob(
      tx,
      'account.erase',
      { accountId: userId, lastMailId },
      { inSeconds: productsWaitSeconds },
    );
    await recordAudit(tx, {
      accountId: userId,
      action: 'user.erased',
      actor,
      target: { kind: 'user', id: userId },
    });
  });
}

/** Every email that a person has or had and proved, except those that are somebody else's by now. */
async function listProvenAddresses(
  tx: Services,
  userId: string,
  { email, verifiedAt }: { email: string; verifiedAt: Date | null },
): Promise<string[]> {
  const { rows } = await tx.db.raw(
    `select distinct address from (
       select personal -> 'email' ->> 'value' from audit_events
         where chain = :userId and action in ('user.email_verified', 'user.email_changed')
       union all select :current) as known (address)
     where address is not null`,
    { userId, current: verifiedAt === null ? null : email },
  );
  // Entries of the audit log can be older than the canonical form.
  const known = new Set<string>(rows.map(({ address }: { address: string }) => canonicalEmail(address)));
  const others = await tx
    .db('users')
    .whereIn('email', [...known])
    .whereNot({ id: userId })
    .pluck('email');
  for (const email of others) known.delete(email);
  return [...known];
}

/** The same by the person, who gives their password. Throws `wrong_password` and `validation`. */
export async function eraseOwnAccount(
  services: Services,
  { userId, password }: { userId: string; password: string },
  origin: Origin = {},
): Promise<void> {
  await getUserWithPassword(services, userId, password);
  await eraseUser(services, userId, { kind: 'person', id: userId }, origin);
}

async function eraseRows(tx: Services, id: string): Promise<void> {
  await tx
    .db('users')
    .where({ id })
    .update({
      email: placeholderEmail(id),
      name: 'Erased person',
      password_hash: null,
      email_verified_at: null,
      status: 'erased',
    });
  await tx
    .db('humans')
    .where({ user_id: id })
    .update({
      display_name: 'Erased person',
      bio: '',
      skills: [],
      profile: '{}',
      status_document: '{}',
      accepts_tasks: false,
      quiet_hours: null,
      time_zone: 'UTC',
      updated_at: sqlNow(tx),
    });
  await tx
    .db('browser_sessions')
    .where({ user_id: id })
    .update({ sealed_payload: '', address: null, user_agent: null });
}

async function eraseKeys(tx: Services, accountId: string, actor: Actor): Promise<void> {
  await revokeApiKeysOf(tx, { accountId }, actor, 'erased');
  await tx.db('api_keys').where({ account_id: accountId }).update({ name: 'Erased key', ip_allowlist: null });
  await forgetKeyCalls(tx, accountId);
}

async function eraseAgent(tx: Services, id: string, actor: Actor): Promise<void> {
  await eraseKeys(tx, id, actor);
  await tx
    .db('agents')
    .where({ id })
    .update({ email: placeholderEmail(id), name: 'Erased agent', webhook_url: null, status: 'disabled' });
  await tx.db('email_links').where({ account_id: id }).delete();
  await announceChange(tx, { kind: 'account', id });
  await erasePersonalAudit(tx, id);
  await enqueueJob(tx, 'account.erase', { accountId: id }, { inSeconds: productsWaitSeconds });
}

export interface WhatEnds {
  /** Tasks that were offered to the person or that they work on. */
  openTasks: number;
  keys: number;
  apps: number;
  /** People whom those apps are connected to. */
  peopleConnected: number;
  /** Apps that are connected to the person. */
  connections: number;
}

/** What would end with a person, for the page that asks whether they are sure. */
export async function countWhatEnds(services: Services, userId: string): Promise<WhatEnds> {
  const { db } = services;
  const { rows } = await db.raw(
    `select (select count(*) from api_keys where user_id = :userId and status <> 'revoked') as keys,
            (select count(*) from oauth_clients where user_id = :userId) as apps,
            (:others) as "peopleConnected",
            (:own) as connections,
            (select count(*) from dispatched_tasks where human_id = :userId and finished_at is null)
              + (select count(*) from bounty_assignments where worker_id = :userId and state = 'accepted')
              as "openTasks"`,
    {
      userId,
      others: liveGrants(services)
        .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
        .where({ 'oauth_clients.user_id': userId })
        .countDistinct('grants.user_id'),
      own: liveGrants(services).where({ 'grants.user_id': userId }).countDistinct('grants.client_id'),
    },
  );
  return rows[0];
}
