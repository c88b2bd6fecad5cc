/**
 * Links by which a person connects somebody for their agent to ask. An agent that finds nobody is given the address
 * of a page; the page opens only for the person whose account it is, and changes nothing before they confirm. The
 * reference in the address has 128 random bits, lives 30 minutes, and only its SHA-256 is stored.
 */
import { randomBytes } from 'node:crypto';
import { sqlFromNow, sqlNow } from '../../clock.js';
import type { KeyEnvironment } from '../../crypto/key-format.js';
import { sha256 } from '../../crypto/secrets.js';
import { parseEmail } from '../../email.js';
import { DomainError } from '../../errors.js';
import { enqueueJob } from '../../jobs/queue.js';
import { inTransaction, type Services } from '../../services.js';

const lifetimeSeconds = 1800;

export interface ConnectLink {
  accountId: string;
  environment: KeyEnvironment;
  /** The kind of request that could not be made; a product knows what that needs. */
  kind: string;
  /** What is missing, as a sentence of ours. */
  missing: string;
  /** Whether the page asks for the email address of somebody to invite. */
  invites: boolean;
}

const columns = {
  accountId: 'account_id',
  environment: 'environment',
  kind: 'kind',
  missing: 'missing',
  invites: 'invites',
};

/** Makes a link; returns the reference for its address, `{ISSUER}/connect/{ref}`. */
export async function createConnectLink(services: Services, link: ConnectLink): Promise<string> {
  const ref = randomBytes(16).toString('base64url');
  await services.db('connect_links').insert({
    ref_hash: sha256(ref),
    account_id: link.accountId,
    environment: link.environment,
    kind: link.kind,
    missing: link.missing,
    invites: link.invites,
    created_at: sqlNow(services),
    expires_at: sqlFromNow(services, lifetimeSeconds),
  });
  return ref;
}

const unused = (services: Services, ref: string, accountId: string) =>
  services
    .db('connect_links')
    .where({ ref_hash: sha256(ref), account_id: accountId })
    .whereNull('used_at')
    .where('expires_at', '>', sqlNow(services));

/** Throws `not_found`, also for another account's link and for one that was used or has expired. */
export async function getConnectLink(
  services: Services,
  ref: string,
  accountId: string,
): Promise<ConnectLink> {
  const link = await unused(services, ref, accountId).first(columns);
  if (!link) throw new DomainError('not_found', { subject: 'link' });
  return link;
}

/**
 * Uses a link once: what it is for is made by a job, in the process of the products. Throws `validation` for what is
 * no email address, and as `getConnectLink`.
 */
export async function confirmConnectLink(
  services: Services,
  { ref, accountId, email }: { ref: string; accountId: string; email: string },
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const { invites } = await getConnectLink(tx, ref, accountId);
    const invited = invites ? parseEmail(email) : null;
    const used = await unused(tx, ref, accountId).update({ used_at: sqlNow(tx), email: invited });
    if (used === 0) throw new DomainError('not_found', { subject: 'link' });
    await enqueueJob(tx, 'connect.accept', { refHash: sha256(ref).toString('hex') });
  });
}

/** What a person confirmed; the email address is forgotten with that. undefined when it was taken before. */
export async function takeConfirmedLink(
  tx: Services,
  refHash: string,
): Promise<(ConnectLink & { email: string | null }) | undefined> {
  const link = await tx
    .db('connect_links')
    .where({ ref_hash: Buffer.from(refHash, 'hex') })
    .whereNotNull('used_at')
    .forUpdate()
    .first({ ...columns, email: 'email' });
  if (!link) return undefined;
  await tx
    .db('connect_links')
    .where({ ref_hash: Buffer.from(refHash, 'hex') })
    .delete();
  return link;
}
