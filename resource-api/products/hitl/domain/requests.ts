/**
 * Requests: questions that software puts before the members of a loop. Members see them, their creator cancels them,
 * and the first answer ends them. A claim that has lapsed counts as none, whatever the row still says.
 */
import type { Knex } from 'knex';
import { sqlNow } from '../../../../shared/clock.js';
import type { KeyEnvironment } from '../../../../shared/crypto/key-format.js';
import { DomainError } from '../../../../shared/errors.js';
import type { Services } from '../../../../shared/services.js';
import type { Viewer } from './loops.js';
import type { ResponseConfig, ResponseType } from './response-rules.js';

export const processingTypes = ['time-sensitive', 'deferred'] as const;
export const contentTypes = ['markdown', 'image'] as const;
export const priorities = ['low', 'medium', 'high', 'critical'] as const;
export const statuses = ['pending', 'claimed', 'completed', 'timeout', 'cancelled'] as const;

export type Priority = (typeof priorities)[number];
export type RequestStatus = (typeof statuses)[number];

export interface LoopRequest {
  id: string;
  loopId: string;
  product: string;
  environment: KeyEnvironment;
  creatorId: string;
  keyId: string;
  processingType: (typeof processingTypes)[number];
  type: (typeof contentTypes)[number];
  priority: Priority;
  requestText: string;
  imageUrl: string | null;
  context: Record<string, unknown> | null;
  platform: string | null;
  platformVersion: string | null;
  responseType: ResponseType;
  responseConfig: ResponseConfig;
  defaultResponse: unknown;
  callbackUrl: string | null;
  status: RequestStatus;
  claimedBy: string | null;
  claimedUntil: Date | null;
  responseBy: string | null;
  responseAt: Date | null;
  responseData: unknown;
  broadcastedAt: Date;
  timeoutAt: Date;
  createdAt: Date;
  updatedAt: Date;
}

const columns = {
  id: 'reviews.id',
  loopId: 'reviews.loop_id',
  product: 'reviews.product',
  environment: 'reviews.environment',
  creatorId: 'reviews.creator_id',
  keyId: 'reviews.key_id',
  processingType: 'reviews.processing_type',
  type: 'reviews.type',
  priority: 'reviews.priority',
  requestText: 'reviews.request_text',
  imageUrl: 'reviews.image_url',
  context: 'reviews.context',
  platform: 'reviews.platform',
  platformVersion: 'reviews.platform_version',
  responseType: 'reviews.response_type',
  responseConfig: 'reviews.response_config',
  defaultResponse: 'reviews.default_response',
  callbackUrl: 'reviews.callback_url',
  claimedBy: 'reviews.claimed_by',
  claimedUntil: 'reviews.claimed_until',
  responseBy: 'reviews.response_by',
  responseAt: 'reviews.response_at',
  responseData: 'reviews.response_data',
  broadcastedAt: 'reviews.broadcasted_at',
  timeoutAt: 'reviews.timeout_at',
  createdAt: 'reviews.created_at',
  updatedAt: 'reviews.updated_at',
};

/** The status at this moment. */
export const statusNow = (services: Services): Knex.Raw =>
  services.db.raw(
    "case when reviews.status = 'claimed' and reviews.claimed_until <= ? then 'pending' else reviews.status end",
    [sqlNow(services)],
  );

export const requestColumns = (services: Services) => ({ ...columns, status: statusNow(services) });

/** A request in a loop that the person is in. Throws `not_found` and `access_denied`. */
export async function getRequest(services: Services, viewer: Viewer, id: string): Promise<LoopRequest> {
  const { personId, product, environment } = viewer;
  const row = await services
    .db('reviews')
    .leftJoin('loop_members as me', (join) =>
      join.on('me.loop_id', 'reviews.loop_id').andOnVal('me.user_id', personId),
    )
    .where({ 'reviews.id': id, product, environment })
    .first({ ...requestColumns(services), memberId: 'me.user_id' });
  if (!row) throw missing();
  const { memberId, ...request } = row;
  if (memberId === null) throw new DomainError('access_denied');
  return request;
}

/** A request of the person's own. Throws `not_found` and `access_denied`, for a mere member too. */
export async function getOwnRequest(services: Services, viewer: Viewer, id: string): Promise<LoopRequest> {
  const request = await getRequest(services, viewer, id);
  if (request.creatorId !== viewer.personId) throw new DomainError('access_denied');
  return request;
}

/** Holds a request until the transaction ends; undefined when it is gone. For what acts on nobody's behalf. */
export async function lockRequest(tx: Services, id: string): Promise<LoopRequest | undefined> {
  return tx.db('reviews').where({ id }).forUpdate().first(requestColumns(tx));
}

const missing = () => new DomainError('not_found', { subject: 'request' });

/** Whether it still waits for an answer. */
export const isOpen = ({ status }: Pick<LoopRequest, 'status'>): boolean =>
  status === 'pending' || status === 'claimed';

/** From the question to the answer, to the millisecond; null while there is none. */
export const responseSeconds = ({ createdAt, responseAt }: LoopRequest): number | null =>
  responseAt && (responseAt.getTime() - createdAt.getTime()) / 1000;

export interface Recipient {
  userId: string;
  email: string;
  role: 'admin' | 'member';
  notificationSent: boolean;
  notificationError: string | null;
}

/** The people to whom a request was sent: admins first, then the oldest accounts first. */
export async function listRecipients({ db }: Services, requestId: string): Promise<Recipient[]> {
  return db('review_recipients as r')
    .join('users as u', 'u.id', 'r.user_id')
    .where({ review_id: requestId })
    .orderByRaw("r.role = 'admin' desc, r.user_id")
    .select({
      userId: 'r.user_id',
      email: 'u.email',
      role: 'r.role',
      notificationSent: 'r.notification_sent',
      notificationError: 'r.notification_error',
    });
}
