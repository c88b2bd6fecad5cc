/** Who is in a loop: those who joined, and those who are invited and have not come yet. */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Actor } from '../../../../shared/identity/people/users.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { auditLoop, getOwnLoop, lockLoop, type Viewer } from './loops.js';

export interface LoopMember {
  loopId: string;
  /** A person's, or of somebody who was invited the invitation's: whether they have an account is theirs to tell. */
  userId: string;
  email: string;
  status: 'active' | 'pending';
  role: 'admin' | 'member';
  joinedAt: Date | null;
  lastActiveAt: Date | null;
}

/** Members and invited of one loop, both together. */
export const maximumMembers = 100;

/** Everybody in these loops, in the order in which they came; lapsed invitations are none. */
export async function listMembers(services: Services, loopIds: string[]): Promise<LoopMember[]> {
  const { rows } = await services.db.raw(
    `select * from (
       select m.loop_id as "loopId", m.user_id as "userId", u.email, 'active' as status, m.role,
              m.joined_at as "joinedAt", m.last_active_at as "lastActiveAt"
       from loop_members m join users u on u.id = m.user_id where m.loop_id = any(:loopIds)
       union all
       select loop_id, id, email, 'pending', 'member', null, null
       from loop_invitations where loop_id = any(:loopIds) and expires_at > :now) everybody
     order by "joinedAt" nulls last, "userId"`,
    { loopIds, now: sqlNow(services) },
  );
  return rows;
}

/**
 * Takes a member out, or an invitation back. What they had claimed is free again. Throws as `getOwnLoop`,
 * `not_found` for who is no member, and `conflict` for the creator.
 */
export async function removeMember(
  services: Services,
  viewer: Viewer,
  { loopId, userId }: { loopId: string; userId: string },
  actor: Actor,
): Promise<void> {
  await inTransaction(services, async (tx) => {
    const loop = await getOwnLoop(tx, viewer, loopId);
    if (userId === loop.creatorId) {
      throw new DomainError('conflict', { message: 'The creator of a loop cannot be removed' });
    }
    await lockLoop(tx, loopId);
    const removed =
      (await tx.db('loop_members').where({ loop_id: loopId, user_id: userId }).delete()) +
      (await tx.db('loop_invitations').where({ loop_id: loopId, id: userId }).delete());
    if (removed === 0) throw new DomainError('not_found', { subject: 'member' });
    await tx
      .db('reviews')
      .where({ loop_id: loopId, status: 'claimed', claimed_by: userId })
      .update({ status: 'pending', claimed_by: null, claimed_until: null, updated_at: sqlNow(tx) });
    await auditLoop(tx, 'loop.member_removed', loop.creatorId, loopId, actor, { member: userId });
  });
}
