/** Loops and their members as the API shows them. */
import { z } from 'zod';
import { pageUrls } from '../../../shared/http/page-urls.js';
import { hitl as definition } from '../../../shared/products/hitl.js';
import type { Services } from '../../../shared/services.js';
import { isoTime, isoTimeOrNull } from './conventions.js';
import type { Loop } from './domain/loops.js';
import { type LoopMember, listMembers } from './domain/members.js';
import { drawQrCode } from './qr-code.js';

const dayMs = 86_400_000;

const memberSchema = z.strictObject({
  user_id: z.string(),
  email: z.string(),
  status: z.enum(['active', 'pending']),
  joined_at: z.iso.datetime().nullable(),
});

export const memberDetailsSchema = memberSchema.extend({
  role: z.enum(['admin', 'member']),
  last_active: z.iso.datetime().nullable(),
});

export const loopSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  icon: z.string().nullable(),
  creator_id: z.string(),
  members: z.array(memberSchema),
  member_count: z.int(),
  pending_count: z.int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const inviteSchemas = {
  invite_code: z.string(),
  qr_code_base64: z.string(),
  qr_code_url: z.string(),
  join_url: z.string(),
};

export const memberStatisticsSchema = z.strictObject({
  avg_join_time_days: z.number(),
  newest_member_joined: z.iso.datetime().nullable(),
  oldest_member_joined: z.iso.datetime().nullable(),
});

const memberView = ({ userId, email, status, joinedAt }: LoopMember): z.input<typeof memberSchema> => ({
  user_id: userId,
  email,
  status,
  joined_at: isoTimeOrNull(joinedAt),
});

export const memberDetails = (member: LoopMember): z.input<typeof memberDetailsSchema> => ({
  ...memberView(member),
  role: member.role,
  last_active: isoTimeOrNull(member.lastActiveAt),
});

const pendingIn = (members: LoopMember[]): number =>
  members.filter(({ status }) => status === 'pending').length;

function loopView(loop: Loop, members: LoopMember[]): z.input<typeof loopSchema> {
  return {
    id: loop.id,
    name: loop.name,
    description: loop.description,
    icon: loop.icon,
    creator_id: loop.creatorId,
    members: members.map(memberView),
    member_count: members.length,
    pending_count: pendingIn(members),
    created_at: isoTime(loop.createdAt),
    updated_at: isoTime(loop.updatedAt),
  };
}

/** How many loops are read with their members at a time: at most a hundred members each. */
const loopsAtATime = 50;

/** What the views of a page may weigh as JSON; a response has less than 2 MB. */
const maximumPageBytes = 1_900_000;

/** The first of these loops with everybody in them: all, or as many as a page may hold. */
export async function loopViews(services: Services, loops: Loop[]) {
  const views: ReturnType<typeof loopView>[] = [];
  let bytes = 0;
  for (let start = 0; start < loops.length; start += loopsAtATime) {
    const some = loops.slice(start, start + loopsAtATime);
    const members = await listMembers(
      services,
      some.map(({ id }) => id),
    );
    const byLoop = groupByLoop(members);
    for (const loop of some) {
      const view = loopView(loop, byLoop.get(loop.id) ?? []);
      bytes += Buffer.byteLength(JSON.stringify(view));
      if (bytes > maximumPageBytes && views.length > 0) return views;
      views.push(view);
    }
  }
  return views;
}

function groupByLoop(members: LoopMember[]): Map<string, LoopMember[]> {
  const byLoop = new Map<string, LoopMember[]>();
  for (const member of members) {
    const known = byLoop.get(member.loopId);
    if (known) known.push(member);
    else byLoop.set(member.loopId, [member]);
  }
  return byLoop;
}

export async function oneLoopView(services: Services, loop: Loop) {
  return loopView(loop, await listMembers(services, [loop.id]));
}

/** How to let people in: for the loop's creator alone. */
export async function inviteView({ config }: Services, loop: Loop, baseUrl: string) {
  const joinUrl = pageUrls.join(config, definition.id, loop.inviteCode);
  return {
    invite_code: loop.inviteCode,
    qr_code_base64: (await drawQrCode(joinUrl)).toString('base64'),
    qr_code_url: `${baseUrl}/qr/${loop.inviteCode}.png`,
    join_url: joinUrl,
  };
}

/** Figures on who joined when; days are counted from the loop's beginning, its creator left out. */
export function memberStatistics(loop: Loop, members: LoopMember[]): z.input<typeof memberStatisticsSchema> {
  const joined = members.flatMap(({ joinedAt }) => joinedAt ?? []);
  const days = members
    .filter(({ userId }) => userId !== loop.creatorId)
    .flatMap(({ joinedAt }) => (joinedAt ? (joinedAt.getTime() - loop.createdAt.getTime()) / dayMs : []));
  const average = days.length === 0 ? 0 : days.reduce((sum, value) => sum + value, 0) / days.length;
  return {
    avg_join_time_days: Math.round(average * 10) / 10,
    newest_member_joined: isoTimeOrNull(joined.at(-1) ?? null),
    oldest_member_joined: isoTimeOrNull(joined[0] ?? null),
  };
}

export function memberCounts(members: LoopMember[]) {
  const pending = pendingIn(members);
  return { total_count: members.length, active_count: members.length - pending, pending_count: pending };
}
