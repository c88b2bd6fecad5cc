/** Members of a loop: seen by all of them, invited and removed by its creator, joining by themselves. */
import { z } from 'zod';
import { reply } from '../../routing/reply.js';
import { get, post, remove } from '../../routing/route.js';
import {
  actorOf,
  byKey,
  byKeyOrPerson,
  byPerson,
  done,
  doneSchema,
  isoTime,
  viewerOf,
} from './conventions.js';
import { inviteMember, joinLoop } from './domain/invitations.js';
import { getLoop } from './domain/loops.js';
import { listMembers, removeMember } from './domain/members.js';
import {
  loopSchema,
  memberCounts,
  memberDetails,
  memberDetailsSchema,
  memberStatistics,
  memberStatisticsSchema,
  oneLoopView,
} from './loop-views.js';

const invitation = z.strictObject({ email: z.string() });
const joining = z.strictObject({ invite_code: z.string().min(1).max(64) });

export const memberRoutes = [
  // Before the routes with an id in the same place.
  post(
    '/v1/api/loops/join',
    {
      ...byPerson,
      body: joining,
      idempotent: true,
      reference: {
        summary: 'Join a loop with an invite code.',
        responses: { 200: doneSchema({ loop: loopSchema }) },
        errors: ['not_found', 'conflict', 'email_not_verified'],
      },
    },
    async (call) => {
      const loop = await joinLoop(call.services, viewerOf(call), call.body.invite_code);
      return done('Loop joined successfully', { loop: await oneLoopView(call.services, loop) });
    },
  ),

  get(
    '/v1/api/loops/:id/members',
    {
      ...byKeyOrPerson('loops:read'),
      reference: {
        summary: 'List the members of a loop.',
        responses: {
          200: doneSchema({
            members: z.array(memberDetailsSchema),
            total_count: z.int(),
            active_count: z.int(),
            pending_count: z.int(),
            statistics: memberStatisticsSchema,
          }),
        },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const loop = await getLoop(call.services, viewerOf(call), call.params.id);
      const members = await listMembers(call.services, [loop.id]);
      return done('Loop members retrieved successfully', {
        members: members.map(memberDetails),
        ...memberCounts(members),
        statistics: memberStatistics(loop, members),
      });
    },
  ),

  post(
    '/v1/api/loops/:id/members',
    {
      ...byKey('loops:write'),
      body: invitation,
      idempotent: true,
      reference: {
        summary: 'Invite a person to a loop by email.',
        responses: { 201: doneSchema({ member: memberDetailsSchema }) },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const input = { loopId: call.params.id, email: call.body.email };
      const member = await inviteMember(call.services, viewerOf(call), input, actorOf(call));
      return reply(201, done('Member invited successfully', { member: memberDetails(member) }));
    },
  ),

  remove(
    '/v1/api/loops/:id/members/:userId',
    {
      ...byKey('loops:write'),
      reference: {
        summary: 'Remove a member from a loop.',
        responses: {
          200: doneSchema({ loop_id: z.string(), user_id: z.string(), removed_at: z.iso.datetime() }),
        },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const { id: loopId, userId } = call.params;
      await removeMember(call.services, viewerOf(call), { loopId, userId }, actorOf(call));
      return done('Member removed successfully', {
        loop_id: loopId,
        user_id: userId,
        removed_at: isoTime(call.services.clock.now()),
      });
    },
  ),
];
