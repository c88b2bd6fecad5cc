/** Loops and their members as the API shows them. */
import { pageUrls } from '../../../shared/http/page-urls.js';
import { hitl as definition } from '../../../shared/products/hitl.js';
import type { Services } from '../../../shared/services.js';
import { isoTime, isoTimeOrNull } from './conventions.js';
import type { Loop } from './domain/loops.js';
import { type LoopMember, listMembers } from './domain/members.js';
import { drawQrCode } from './qr-code.js';

const dayMs = 86_400_000;

const memberView = ({ userId, email, status, joinedAt }: LoopMember) => ({
  user_id: userId,
  email,
  status,
  joined_at: isoTimeOrNull(joinedAt),
});

export const memberDetails = (member: LoopMember) => ({
  ...memberView(member),
  role: member.role,
  last_active: isoTimeOrNull(member.lastActiveAt),
});

const pendingIn = (members: LoopMember[]): number =>
  members.filter(({ status }) => status === 'pending').length;

function loopView(loop: Loop, members: LoopMember[]) {
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

/** With everybody in them, read at once. */
export async function loopViews(services: Services, loops: Loop[]) {
  const members = await listMembers(
    services,
    loops.map(({ id }) => id),
  );
  return loops.map((loop) =>
    loopView(
      loop,
      members.filter(({ loopId }) => loopId === loop.id),
    ),
  );
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
export function memberStatistics(loop: Loop, members: LoopMember[]) {
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
