/**
 * Loops: named circles of reviewers. Members see a loop, its creator alone changes it. One that belongs to others is
 * told apart from one that does not exist; a loop of the other environment does not exist.
 */
import { type AuditAction, recordAudit } from '../../../../shared/audit/audit.js';
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Actor } from '../../../../shared/identity/people/users.js';
import { newId } from '../../../../shared/ids.js';
import { requireRoom } from '../../../../shared/postgres/row-limit.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { invitationSeconds, newInviteCode } from './invite-codes.js';

declare module '../../../../shared/audit/audit.js' {
  interface ProductAuditActions {
    'loop.created': true;
    'loop.deleted': true;
    'loop.member_invited': true;
    'loop.member_joined': true;
    'loop.member_removed': true;
  }
}

/** On whose behalf something is asked, and in which of the two worlds that never meet. */
export interface Viewer {
  personId: string;
  product: string;
  environment: KeyEnvironment;
}

export interface Loop {
  id: string;
  creatorId: string;
  name: string;
  description: string;
  icon: string | null;
  inviteCode: string;
  inviteExpiresAt: Date;
  createdAt: Date;
  updatedAt: Date;
}

export interface LoopMembers {
  name: string;
  description: string;
  icon: string | null;
}

const columns = {
  id: 'loops.id',
  creatorId: 'loops.creator_id',
  name: 'loops.name',
  description: 'loops.description',
  icon: 'loops.icon',
  inviteCode: 'loops.invite_code',
  inviteExpiresAt: 'loops.invite_expires_at',
  createdAt: 'loops.created_at',
  updatedAt: 'loops.updated_at',
};

const loopsOf = ({ db }: Services, { personId, product, environment }: Viewer) =>
  db('loops')
    .join('loop_members as me', 'me.loop_id', 'loops.id')
    .where({ 'me.user_id': personId, 'loops.product': product, 'loops.environment': environment });

/** Makes a loop whose first member is its creator. Throws `conflict` for an account that has a thousand. */
export async function createLoop(
  services: Services,
  viewer: Viewer,
  members: LoopMembers,
  actor: Actor,
): Promise<Loop> {
  const { personId, product, environment } = viewer;
  const id = newId();
  return inTransaction(services, async (tx) => {
    const rows = tx.db('loops').where({ creator_id: personId });
    await requireRoom(tx, { kind: 'loops', accountId: personId, rows });
    await tx.db('loops').insert({
      id,
      product,
      environment,
      creator_id: personId,
      ...members,
      invite_code: newInviteCode(),
      invite_expires_at: sqlFromNow(tx, invitationSeconds),
      created_at: sqlNow(tx),
      updated_at: sqlNow(tx),
    });
    await tx.db('loop_members').insert({
      loop_id: id,
      user_id: personId,
      role: 'admin',
      joined_at: sqlNow(tx),
      last_active_at: sqlNow(tx),
    });
    await auditLoop(tx, 'loop.created', personId, id, actor);
    return getLoop(tx, viewer, id);
  });
}

/** The loops that a person is in, the newest first, and how many there are in all. */
export async function listLoops(
  services: Services,
  viewer: Viewer,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ loops: Loop[]; total: number }> {
  const [loops, [counted]] = await Promise.all([
    loopsOf(services, viewer).select(columns).orderBy('loops.id', 'desc').limit(limit).offset(offset),
    loopsOf(services, viewer).count(),
  ]);
  return { loops, total: Number(counted?.count) };
}

/** A loop that the person is in. Throws `not_found` and `access_denied`. */
export async function getLoop(services: Services, viewer: Viewer, id: string): Promise<Loop> {
  const { personId, product, environment } = viewer;
  const row = await services
    .db('loops')
    .leftJoin('loop_members as me', (join) =>
      join.on('me.loop_id', 'loops.id').andOnVal('me.user_id', personId),
    )
    .where({ 'loops.id': id, product, environment })
    .first({ ...columns, memberId: 'me.user_id' });
  if (!row) throw new DomainError('not_found', { subject: 'loop' });
  const { memberId, ...loop } = row;
  if (memberId === null) throw new DomainError('access_denied');
  return loop;
}

/** A loop of the person's own. Throws `not_found` and `access_denied`, for a mere member too. */
export async function getOwnLoop(services: Services, viewer: Viewer, id: string): Promise<Loop> {
  const loop = await getLoop(services, viewer, id);
  if (loop.creatorId !== viewer.personId) throw new DomainError('access_denied');
  return loop;
}

/** Holds a loop until the transaction ends, so that its members are counted and changed by one at a time. */
export async function lockLoop(tx: Services, id: string): Promise<void> {
  const locked = await tx.db('loops').where({ id }).forUpdate().first('id');
  if (!locked) throw new DomainError('not_found', { subject: 'loop' });
}

/** Changes the members that are given. Throws as `getOwnLoop`. */
export async function updateLoop(
  services: Services,
  viewer: Viewer,
  id: string,
  members: Partial<LoopMembers>,
): Promise<Loop> {
  await getOwnLoop(services, viewer, id);
  await services
    .db('loops')
    .where({ id })
    .update({ ...members, updated_at: sqlNow(services) });
  return getLoop(services, viewer, id);
}

/** Gives a loop another invite code, good for seven days; the old one ends. Throws as `getOwnLoop`. */
export async function renewInvite(services: Services, viewer: Viewer, id: string): Promise<Loop> {
  await getOwnLoop(services, viewer, id);
  await services
    .db('loops')
    .where({ id })
    .update({
      invite_code: newInviteCode(),
      invite_expires_at: sqlFromNow(services, invitationSeconds),
      updated_at: sqlNow(services),
    });
  return getLoop(services, viewer, id);
}

export interface DeletedLoop {
  deletedAt: Date;
  membersRemoved: number;
  requestsDeleted: number;
  responsesDeleted: number;
}

/** Deletes a loop with everything in it; nobody is told of the requests that were open. Throws as `getOwnLoop`. */
export async function deleteLoop(
  services: Services,
  viewer: Viewer,
  id: string,
  actor: Actor,
): Promise<DeletedLoop> {
  return inTransaction(services, async (tx) => {
    await getOwnLoop(tx, viewer, id);
    await lockLoop(tx, id);
    const { rows } = await tx.db.raw(
      `select (select count(*) from loop_members where loop_id = :id) as "membersRemoved",
              count(*) as "requestsDeleted", count(response_at) as "responsesDeleted", :now as "deletedAt"
       from reviews where loop_id = :id`,
      { id, now: sqlNow(tx) },
    );
    await tx.db('loops').where({ id }).delete();
    await auditLoop(tx, 'loop.deleted', viewer.personId, id, actor);
    return rows[0];
  });
}

/** Writes what happened to a loop into its creator's log. */
export async function auditLoop(
  tx: Services,
  action: Extract<AuditAction, `loop.${string}`>,
  creatorId: string,
  loopId: string,
  actor: Actor,
  details: Record<string, unknown> = {},
): Promise<void> {
  const target = { kind: 'loop', id: loopId };
  await recordAudit(tx, { accountId: creatorId, action, actor, target, details });
}
