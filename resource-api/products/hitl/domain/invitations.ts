/**
 * Ways into a loop. The creator invites an address, which gets a mail with a code that only its person can use; or
 * shares the loop's own code, with which anybody who is signed in joins. Both end after seven days.
 */
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import { parseEmail } from '../../../../shared/email.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Actor } from '../../../../shared/identity/people/users.js';
import { findUserById } from '../../../../shared/identity/people/users.js';
import { newId } from '../../../../shared/ids.js';
import { queueLimitedMail } from '../../../../shared/mail/mail.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { invitationSeconds, newInviteCode, normaliseInviteCode } from './invite-codes.js';
import { auditLoop, getLoop, getOwnLoop, type Loop, lockLoop, type Viewer } from './loops.js';
import { type LoopMember, listMembers, maximumMembers } from './members.js';
import { invitationMail } from './request-mails.js';

const personalCodeLength = 16;

/**
 * Invites an address into a loop of the viewer's own. Throws as `getOwnLoop`, `validation`, and `conflict` for who
 * is in it or invited already and for a loop that is full.
 */
export async function inviteMember(
  services: Services,
  viewer: Viewer,
  { loopId, email: given }: { loopId: string; email: string },
  actor: Actor,
): Promise<LoopMember> {
  const email = parseEmail(given);
  return inTransaction(services, async (tx) => {
    const loop = await getOwnLoop(tx, viewer, loopId);
    await lockLoop(tx, loopId);
    await checkRoom(tx, loopId, email);
    const [id, code] = [newId(), newInviteCode(personalCodeLength)];
    await tx
      .db('loop_invitations')
      .insert({
        id,
        loop_id: loopId,
        email,
        code,
        created_at: sqlNow(tx),
        expires_at: sqlFromNow(tx, invitationSeconds),
      })
      // One that has lapsed makes room for the new one.
      .onConflict(['loop_id', 'email'])
      .merge();
    const inviter = await findUserById(tx, viewer.personId);
    if (viewer.environment === 'live' && inviter) {
      await queueLimitedMail(tx, 'invitation', {
        to: email,
        ...invitationMail(tx, { inviter, code, product: viewer.product }),
      });
    }
    await auditLoop(tx, 'loop.member_invited', loop.creatorId, loopId, actor, { member: id });
    return {
      loopId,
      userId: id,
      email,
      status: 'pending',
      role: 'member',
      joinedAt: null,
      lastActiveAt: null,
    };
  });
}

async function checkRoom(tx: Services, loopId: string, email: string): Promise<void> {
  const members = await listMembers(tx, [loopId]);
  const known = members.find((member) => member.email === email);
  if (known) {
    const message = known.status === 'active' ? 'is a member of this loop already' : 'is invited already';
    throw new DomainError('conflict', { message: `${email} ${message}` });
  }
  if (members.length >= maximumMembers) throw full();
}

const full = () => new DomainError('conflict', { message: `A loop has at most ${maximumMembers} members` });

/**
 * Joins a loop by its code or by an invitation of one's own. Throws `not_found` for a code that is wrong, has lapsed
 * or is somebody else's, and `conflict` for who is in it already and for a loop that is full.
 */
export async function joinLoop(services: Services, viewer: Viewer, typed: string): Promise<Loop> {
  const code = normaliseInviteCode(typed);
  return inTransaction(services, async (tx) => {
    const person = await findUserById(tx, viewer.personId);
    const loopId = person && (await findInvitingLoop(tx, viewer, code, person.email));
    if (!loopId) {
      throw new DomainError('not_found', { message: 'Invite code is invalid or has expired' });
    }
    await lockLoop(tx, loopId);
    await tx.db('loop_invitations').where({ loop_id: loopId, email: person.email }).delete();
    const members = await listMembers(tx, [loopId]);
    if (members.some(({ userId }) => userId === person.id)) {
      throw new DomainError('conflict', { message: 'You are a member of this loop already' });
    }
    if (members.length >= maximumMembers) throw full();
    await tx.db('loop_members').insert({
      loop_id: loopId,
      user_id: person.id,
      role: 'member',
      joined_at: sqlNow(tx),
      last_active_at: sqlNow(tx),
    });
    const loop = await getLoop(tx, viewer, loopId);
    const actor = { kind: 'person', id: person.id } as const;
    await auditLoop(tx, 'loop.member_joined', loop.creatorId, loopId, actor, { member: person.id });
    return loop;
  });
}

/** A code is one loop's own, or of an invitation to this very address. */
async function findInvitingLoop(
  tx: Services,
  { product, environment }: Viewer,
  code: string,
  email: string,
): Promise<string | undefined> {
  const { rows } = await tx.db.raw(
    `select l.id from loops l
     left join loop_invitations i
       on i.loop_id = l.id and i.code = :code and i.expires_at > :now and i.email = :email
     where l.product = :product and l.environment = :environment
       and ((l.invite_code = :code and l.invite_expires_at > :now) or i.id is not null)`,
    { product, environment, code, email, now: sqlNow(tx) },
  );
  return rows[0]?.id;
}

/** Whether a loop can be joined by this code of its own: what a picture of it is drawn for. */
export async function isInviteCode(services: Services, code: string): Promise<boolean> {
  const found = await services
    .db('loops')
    .where({ invite_code: normaliseInviteCode(code) })
    .where('invite_expires_at', '>', sqlNow(services))
    .first('id');
  return found !== undefined;
}
