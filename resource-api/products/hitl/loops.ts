/** Loops: whoever is in one sees it, its creator alone changes it. */
import { z } from 'zod';
import { maximumRows } from '../../../shared/postgres/row-limit.js';
import { reply } from '../../routing/reply.js';
import { get, post, put, remove } from '../../routing/route.js';
import {
  actorOf,
  byKey,
  byKeyOrPerson,
  done,
  doneSchema,
  isoTime,
  paginationSchema,
  paging,
  text,
  viewerOf,
} from './conventions.js';
import { createLoop, deleteLoop, getLoop, listLoops, renewInvite, updateLoop } from './domain/loops.js';
import { inviteSchemas, inviteView, loopSchema, loopViews, oneLoopView } from './loop-views.js';

const members = z.strictObject({
  name: text('name', 1, 100),
  description: text('description', 0, 500),
  icon: text('icon', 0, 100).nullable(),
});

const creation = members.extend({
  description: members.shape.description.default(''),
  icon: members.shape.icon.default(null),
});

const changes = members
  .partial()
  .refine((value) => Object.keys(value).length > 0, 'Give at least one of name, description, icon');

/** The documented list has no paging: a page without a `limit` holds every loop that an account may create. */
const listQuery = paging(maximumRows, maximumRows);

export const loopRoutes = [
  post(
    '/v1/api/loops',
    {
      ...byKey('loops:write'),
      body: creation,
      idempotent: true,
      reference: {
        summary: 'Create a loop.',
        responses: { 201: doneSchema({ loop: loopSchema, ...inviteSchemas }) },
        errors: ['conflict'],
      },
    },
    async (call) => {
      const { services, body, baseUrl } = call;
      const loop = await createLoop(services, viewerOf(call), body, actorOf(call));
      return reply(
        201,
        done('Loop created successfully with QR code', {
          loop: await oneLoopView(services, loop),
          ...(await inviteView(services, loop, baseUrl)),
        }),
        { Location: `${baseUrl}/v1/api/loops/${loop.id}` },
      );
    },
  ),

  get(
    '/v1/api/loops',
    {
      ...byKeyOrPerson('loops:read'),
      query: listQuery,
      reference: {
        summary: 'List loops, the newest first.',
        responses: {
          200: doneSchema({
            loops: z.array(loopSchema),
            count: z.int(),
            has_more: z.boolean().optional(),
            pagination: paginationSchema.optional(),
          }),
        },
      },
    },
    async (call) => {
      const { limit, offset } = call.query;
      const { loops, total } = await listLoops(call.services, viewerOf(call), call.query);
      const shown = await loopViews(call.services, loops);
      const next = offset + shown.length;
      const hasMore = shown.length > 0 && next < total;
      return done('Loops retrieved successfully', {
        loops: shown,
        count: total,
        // The documented response has two members; what is more stands there for lists that take several pages.
        ...((hasMore || offset > 0) && {
          has_more: hasMore,
          pagination: { limit, offset, next_offset: hasMore ? next : null },
        }),
      });
    },
  ),

  get(
    '/v1/api/loops/:id',
    {
      ...byKeyOrPerson('loops:read'),
      reference: {
        summary: 'Get a loop.',
        responses: { 200: doneSchema({ loop: loopSchema }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const loop = await getLoop(call.services, viewerOf(call), call.params.id);
      return done('Loop retrieved successfully', { loop: await oneLoopView(call.services, loop) });
    },
  ),

  put(
    '/v1/api/loops/:id',
    {
      ...byKey('loops:write'),
      body: changes,
      reference: {
        summary: 'Change the given fields of a loop.',
        responses: { 200: doneSchema({ loop: loopSchema }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const loop = await updateLoop(call.services, viewerOf(call), call.params.id, call.body);
      return done('Loop updated successfully', { loop: await oneLoopView(call.services, loop) });
    },
  ),

  remove(
    '/v1/api/loops/:id',
    {
      ...byKey('loops:write'),
      reference: {
        summary: 'Delete a loop with its requests and responses.',
        responses: {
          200: doneSchema({
            loop_id: z.string(),
            deleted_at: z.iso.datetime(),
            deleted_data: z.strictObject({
              members_removed: z.int(),
              requests_deleted: z.int(),
              responses_deleted: z.int(),
            }),
          }),
        },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const deleted = await deleteLoop(call.services, viewerOf(call), call.params.id, actorOf(call));
      return done('Loop deleted successfully', {
        loop_id: call.params.id,
        deleted_at: isoTime(deleted.deletedAt),
        deleted_data: {
          members_removed: deleted.membersRemoved,
          requests_deleted: deleted.requestsDeleted,
          responses_deleted: deleted.responsesDeleted,
        },
      });
    },
  ),

  post(
    '/v1/api/loops/:id/invite',
    {
      ...byKey('loops:write'),
      idempotent: true,
      reference: {
        summary: 'Renew the invite code of a loop.',
        responses: { 201: doneSchema({ ...inviteSchemas, expires_at: z.iso.datetime() }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const { services, baseUrl } = call;
      const loop = await renewInvite(services, viewerOf(call), call.params.id);
      return reply(
        201,
        done('Invite code renewed successfully', {
          ...(await inviteView(services, loop, baseUrl)),
          expires_at: isoTime(loop.inviteExpiresAt),
        }),
      );
    },
  ),
];
