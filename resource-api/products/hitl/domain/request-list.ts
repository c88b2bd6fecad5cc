/** Requests in all loops that a person is in. */
import type { Knex } from 'knex';
import type { Services } from '../../../../shared/services.js';
import { readRows } from '../../paging.js';
import type { Viewer } from './loops.js';
import {
  type LoopRequest,
  type Priority,
  priorities,
  type RequestStatus,
  requestColumns,
  statusNow,
} from './requests.js';

export const requestSorts = ['created_at_desc', 'created_at_asc', 'priority_desc', 'status_asc'] as const;

export interface RequestFilter {
  status?: RequestStatus;
  priority?: Priority;
  loopId?: string;
  sort: (typeof requestSorts)[number];
  limit: number;
  offset: number;
}

/** A page of them, and how many there are in all. */
export async function listRequests(
  services: Services,
  viewer: Viewer,
  { status, priority, loopId, sort, limit, offset }: RequestFilter,
): Promise<{ requests: LoopRequest[]; total: number }> {
  const { personId, product, environment } = viewer;
  const found = services
    .db('reviews')
    .join('loop_members as me', 'me.loop_id', 'reviews.loop_id')
    .where({ 'me.user_id': personId, 'reviews.product': product, 'reviews.environment': environment });
  if (status !== undefined) found.whereRaw('? = ?', [statusNow(services), status]);
  if (priority !== undefined) found.where({ 'reviews.priority': priority });
  if (loopId !== undefined) found.where({ 'reviews.loop_id': loopId });
  const page = sorted(services, found.clone(), sort).select(requestColumns(services)).offset(offset);
  const [{ items: requests }, [counted]] = await Promise.all([
    readRows<LoopRequest>(services, page, limit),
    found.clone().count(),
  ]);
  return { requests, total: Number(counted?.count) };
}

/** What is equal goes by age, the newest first. */
function sorted(
  services: Services,
  query: Knex.QueryBuilder,
  sort: RequestFilter['sort'],
): Knex.QueryBuilder {
  if (sort === 'created_at_asc') return query.orderBy(['reviews.created_at', 'reviews.id']);
  if (sort === 'priority_desc') {
    query.orderByRaw('array_position(?::text[], reviews.priority) desc', [[...priorities]]);
  }
  if (sort === 'status_asc') query.orderByRaw('?', [statusNow(services)]);
  return query.orderBy([
    { column: 'reviews.created_at', order: 'desc' },
    { column: 'reviews.id', order: 'desc' },
  ]);
}
