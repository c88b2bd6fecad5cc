/** Requests: asked in one's own loops, seen by all members, cancelled by who asked. */
import { z } from 'zod';

import { reply } from '../../routing/reply.js';
import { get, post, remove } from '../../routing/route.js';
import { byKey, byKeyOrPerson, done, doneSchema, isoTime, viewerOf } from './conventions.js';
import { cancelRequest } from './domain/endings.js';
import { getLoop } from './domain/loops.js';
import { createRequest } from './domain/request-creation.js';
import { listRequests } from './domain/request-list.js';
import {
  contentTypes,
  getRequest,
  listRecipients,
  priorities,
  processingTypes,
  statuses,
} from './domain/requests.js';
import { loopFilter, newRequest, requestFilter } from './request-schema.js';
import { listView, requestListSchemas, requestSchema, requestView } from './request-views.js';

const reading = byKeyOrPerson('requests:read');
const writing = byKey('requests:write');

export const requestRoutes = [
  post(
    '/v1/api/loops/:id/requests',
    {
      ...writing,
      body: newRequest,
      idempotent: true,
      reference: {
        summary: 'Create a request and send it to the members of a loop.',
        responses: {
          201: doneSchema({
            request_id: z.string(),
            status: z.enum(statuses),
            processing_type: z.enum(processingTypes),
            type: z.enum(contentTypes),
            priority: z.enum(priorities),
            timeout_at: z.iso.datetime(),
            broadcasted_to: z.int(),
            notifications_sent: z.int(),
            polling_url: z.string(),
          }),
        },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const { body, caller, params, baseUrl } = call;
      const { request, broadcastedTo, notificationsSent } = await createRequest(
        call.services,
        viewerOf(call),
        {
          loopId: params.id,
          keyId: caller.keyId,
          processingType: body.processing_type,
          type: body.type,
          priority: body.priority,
          requestText: body.request_text,
          imageUrl: body.image_url ?? null,
          context: body.context ?? null,
          timeoutSeconds: body.timeout_seconds ?? null,
          responseType: body.response_type,
          responseConfig: body.response_config,
          defaultResponse: body.default_response ?? null,
          platform: body.platform ?? null,
          platformVersion: body.platform_version ?? null,
          callbackUrl: body.callback_url ?? null,
        },
      );
      return reply(
        201,
        done('Request created and broadcasted successfully', {
          request_id: request.id,
          status: request.status,
          processing_type: request.processingType,
          type: request.type,
          priority: request.priority,
          timeout_at: isoTime(request.timeoutAt),
          broadcasted_to: broadcastedTo,
          notifications_sent: notificationsSent,
          polling_url: `/v1/api/requests/${request.id}`,
        }),
        { Location: `${baseUrl}/v1/api/requests/${request.id}` },
      );
    },
  ),

  get(
    '/v1/api/loops/:id/requests',
    {
      ...reading,
      query: loopFilter,
      reference: {
        summary: 'List the requests of a loop.',
        responses: { 200: doneSchema({ ...requestListSchemas }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const loop = await getLoop(call.services, viewerOf(call), call.params.id);
      const found = await listRequests(call.services, viewerOf(call), { ...call.query, loopId: loop.id });
      return done('Requests retrieved successfully', listView(found, call.query));
    },
  ),

  get(
    '/v1/api/requests',
    {
      ...reading,
      query: requestFilter,
      reference: { summary: 'List requests.', responses: { 200: doneSchema({ ...requestListSchemas }) } },
    },
    async (call) => {
      const { loop_id: loopId, ...filter } = call.query;
      const found = await listRequests(call.services, viewerOf(call), { ...filter, loopId });
      return done('Requests retrieved successfully', listView(found, filter));
    },
  ),

  get(
    '/v1/api/requests/:id',
    {
      ...reading,
      reference: {
        summary: 'Get a request.',
        responses: { 200: doneSchema({ request: requestSchema }) },
        errors: ['access_denied'],
      },
    },
    async (call) => {
      const viewer = viewerOf(call);
      const request = await getRequest(call.services, viewer, call.params.id);
      const recipients = await listRecipients(call.services, request.id);
      return done('Request retrieved successfully', {
        request: requestView(request, recipients, viewer.personId),
      });
    },
  ),

  remove(
    '/v1/api/requests/:id',
    {
      ...writing,
      reference: {
        summary: 'Cancel a request.',
        responses: {
          200: doneSchema({
            request_id: z.string(),
            status: z.literal('cancelled'),
            cancelled_at: z.iso.datetime(),
            previous_status: z.enum(statuses),
            refund_info: z.strictObject({ refunded: z.boolean(), reason: z.string() }),
          }),
        },
        errors: ['access_denied', 'conflict'],
      },
    },
    async (call) => {
      const cancelled = await cancelRequest(call.services, viewerOf(call), call.params.id);
      return done('Request cancelled successfully', {
        request_id: call.params.id,
        status: 'cancelled',
        cancelled_at: isoTime(cancelled.cancelledAt),
        previous_status: cancelled.previousStatus,
        refund_info: { refunded: false, reason: 'A call counts when it is made' },
      });
    },
  ),
];
