/** What a human does for themselves, signed in with their own password: who they are, and whom they let in. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { disconnectApp } from '../../../shared/identity/oauth/grants.js';
import {
  type HumanProfileChanges,
  type QuietHours,
  updateHumanProfile,
} from '../../../shared/identity/people/human-profile.js';
import { findHuman, type Human } from '../../../shared/identity/people/humans.js';
import { issueSessionJwt } from '../../../shared/identity/sign-in/session-jwts.js';
import { endSessionJwt } from '../../../shared/identity/sign-in/session-status.js';
import { signIn } from '../../../shared/identity/sign-in/sign-in.js';
import { personSubject } from '../../../shared/ids.js';
import type { Services } from '../../../shared/services.js';
import { displayName, instant, text, visibleText } from '../../body/member-schemas.js';
import { clearable } from '../../body/null-members.js';
import { type JwtCaller, sessionClaims } from '../../routing/caller.js';
import { reply } from '../../routing/reply.js';
import { anyone, type Call, get, jwt, patch, post, remove } from '../../routing/route.js';
import { findAbsence } from './domain/absence.js';
import { type Connection, getConnection, listConnections } from './domain/connections.js';
import { connectionSchema, selfSchema } from './human-schemas.js';

const by = [jwt('worker')] as const;

const credentials = z.object({ email: z.string().max(254), password: z.string().max(1_000) });

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const breakMinutes = 30;
const teaMinutes = 10;

const availability = z.union([
  z.enum(['available', 'unavailable', 'break', 'tea']).transform((status) => ({ status, until: undefined })),
  z.object({
    status: z.enum(['available', 'unavailable', 'break', 'tea']),
    until: instant.optional(),
  }),
]);

const profile = z.object({
  display_name: displayName.optional(),
  bio: clearable(text(0, 1_000), '').optional(),
  skills: clearable(z.array(visibleText(1, 60)).max(50), []).optional(),
  takes_tasks: z.boolean().optional(),
  availability: availability.optional(),
  quiet_hours: z.object({ from: time, to: time }).nullable().optional(),
  time_zone: z.string().max(100).optional(),
});

const grantQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  before: z.string().max(100).optional(),
});

/** Throws `access_denied` for somebody who takes no tasks. */
async function getSelf(services: Services, personId: string): Promise<Human> {
  const human = await findHuman(services, personId);
  if (human) return human;
  throw new DomainError('access_denied', {
    message: 'You take no tasks yet. Say on your account page that you do.',
  });
}

function selfView(human: Human, now: Date): z.input<typeof selfSchema> {
  const absence = findAbsence(human, now);
  return {
    human_id: personSubject(human.id),
    display_name: human.displayName,
    bio: human.bio,
    skills: human.skills,
    takes_tasks: human.profile.hidden !== true,
    availability: {
      status: absence ? (absence.kind === 'not_accepting_tasks' ? 'unavailable' : absence.kind) : 'available',
      until: absence?.until?.toISOString() ?? null,
    },
    quiet_hours: human.quietHours as QuietHours | null,
    time_zone: human.timeZone,
  };
}

const connectionView = (connection: Connection): z.input<typeof connectionSchema> => ({
  id: connection.grantId,
  app: {
    client_id: connection.clientId,
    name: connection.appName,
    verified_host: connection.verifiedHost,
  },
  scopes: connection.scopes,
  granted_at: connection.createdAt.toISOString(),
  last_used_at: connection.lastUsedAt.toISOString(),
  expires_at: connection.expiresAt.toISOString(),
});

/** From the wire to the domain's words; members that were not sent are not there. */
function readProfile(given: z.output<typeof profile>, now: Date): HumanProfileChanges {
  const { availability: stated, takes_tasks: takesTasks } = given;
  const changes: HumanProfileChanges = {
    displayName: given.display_name,
    bio: given.bio,
    skills: given.skills,
    takesTasks,
    quietHours: given.quiet_hours,
    timeZone: given.time_zone,
    ...(stated ? readAvailability(stated, now) : takesTasks && { available: true }),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function readAvailability(
  { status, until }: z.output<typeof availability>,
  now: Date,
): Pick<HumanProfileChanges, 'available' | 'away'> {
  if (status === 'available' || status === 'unavailable') {
    return { available: status === 'available', away: null };
  }
  const minutes = status === 'tea' ? teaMinutes : breakMinutes;
  const end = until ?? new Date(now.getTime() + minutes * 60_000);
  return { available: true, away: { kind: status, until: end } };
}

const actorOf = (call: Call<JwtCaller>) => ({
  kind: 'person' as const,
  id: call.caller.personId,
  address: call.address,
  userAgent: call.userAgent,
  requestId: call.requestId,
});

export const meRoutes = [
  post(
    '/v1/auth/login',
    {
      by: anyone,
      body: credentials,
      limits: ['login'],
      reference: {
        summary: 'Sign in with email and password.',
        responses: {
          200: z.strictObject({
            token: z.string(),
            token_type: z.literal('Bearer'),
            expires_in: z.int(),
            human: z.strictObject({ human_id: z.string(), display_name: z.string() }),
          }),
        },
        errors: ['wrong_password', 'email_not_verified', 'access_denied'],
      },
    },
    async ({ services, product, body, address, userAgent, requestId }) => {
      const user = await signIn(services, { ...body, at: product.id }, { address, userAgent, requestId });
      const human = await getSelf(services, user.id);
      const { token, expiresInSeconds } = await issueSessionJwt(services, product, { user, role: 'worker' });
      return {
        token,
        token_type: 'Bearer',
        expires_in: expiresInSeconds,
        human: { human_id: personSubject(human.id), display_name: human.displayName },
      };
    },
  ),

  post(
    '/v1/auth/signout',
    {
      by,
      reference: {
        summary: 'Sign out.',
        responses: { 200: z.strictObject({ signed_out: z.literal(true) }) },
      },
    },
    async ({ services, product, caller, address, userAgent, requestId }) => {
      await endSessionJwt(services, product, sessionClaims(caller), { address, userAgent, requestId });
      return { signed_out: true };
    },
  ),

  get(
    '/v1/me',
    {
      by,
      reference: {
        summary: 'Get the human who makes this call.',
        responses: { 200: selfSchema },
        errors: ['access_denied'],
      },
    },
    async ({ services, caller }) => selfView(await getSelf(services, caller.personId), services.clock.now()),
  ),

  patch(
    '/v1/me',
    {
      by,
      body: profile,
      reference: {
        summary: 'Change the given fields of the human.',
        responses: { 200: selfSchema },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const { services, caller, body } = call;
      await getSelf(services, caller.personId);
      const now = services.clock.now();
      await updateHumanProfile(services, caller.personId, readProfile(body, now), actorOf(call));
      return selfView(await getSelf(services, caller.personId), now);
    },
  ),

  get(
    '/v1/me/grants',
    {
      by,
      query: grantQuery,
      reference: {
        summary: 'List the apps that have access, the newest first.',
        responses: {
          200: z.strictObject({
            object: z.literal('list'),
            data: z.array(connectionSchema),
            has_more: z.boolean(),
          }),
        },
      },
    },
    async ({ services, caller, product, query }) => {
      const { connections, more } = await listConnections(services, {
        personId: caller.personId,
        product: product.id,
        ...query,
      });
      return { object: 'list', data: connections.map(connectionView), has_more: more };
    },
  ),

  remove(
    '/v1/me/grants/:id',
    { by, reference: { summary: 'Take the access of an app back.', responses: { 204: null } } },
    async (call) => {
      const { services, caller, product, params } = call;
      const owner = { personId: caller.personId, product: product.id };
      const { clientId } = await getConnection(services, owner, params.id);
      await disconnectApp(services, { userId: caller.personId, clientId }, actorOf(call));
      return reply(204);
    },
  ),
];
