/** What a connection may say, and the words for what is wrong with it. */
import { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { type Product, publicError } from '../../../shared/products/product.js';
import type { SocketCall } from '../../routing/socket-route.js';
import { type AppCaller, readHumanId } from './access.js';
import { type Audience, realtimeScope } from './audience.js';
import { isEventId } from './domain/feed-event.js';
import { getSimulatedHuman } from './domain/reachable-humans.js';

const channels = ['tasks', 'humans'] as const;

const subscribe = z.object({
  type: z.literal('subscribe'),
  channels: z
    .array(z.enum(channels))
    .min(1)
    .max(channels.length)
    .default([...channels]),
  human_ids: z.array(z.string().max(100)).min(1).max(100).optional(),
  last_event_id: z.string().refine(isEventId).optional(),
});

export interface Subscription {
  channels: readonly (typeof channels)[number][];
  /** As `usr_…`; undefined for everybody within reach. */
  humanIds: string[] | undefined;
  lastEventId: string | undefined;
}

/** Throws `validation`. */
export function readMessage(message: unknown): Subscription | 'ping' {
  if (z.object({ type: z.literal('ping') }).safeParse(message).success) return 'ping';
  const parsed = subscribe.safeParse(message);
  if (parsed.success) {
    const { human_ids: humanIds, last_event_id: lastEventId } = parsed.data;
    return { channels: parsed.data.channels, humanIds, lastEventId };
  }
  const field = parsed.error.issues[0]?.path[0];
  throw new DomainError('validation', {
    field: field === undefined ? undefined : String(field),
    message:
      'Send {"type":"subscribe"}, with channels (tasks, humans), human_ids and last_event_id as you need them.',
  });
}

/** Throws `not_found` and `consent_required` for humans of whom this caller may not hear. */
export async function checkHumans(
  { services, caller }: SocketCall<AppCaller>,
  audience: Audience,
  humanIds: readonly string[] = [],
): Promise<void> {
  if (humanIds.length === 0) return;
  await audience.refresh();
  for (const humanId of humanIds) {
    const id = readHumanId(humanId);
    if (caller.kind === 'apiKey' && caller.environment === 'test') await getSimulatedHuman(services, id);
    else if (!audience.hears(humanId)) throw refused(caller, humanId);
  }
}

function refused(caller: AppCaller, humanId: string): DomainError {
  if (caller.kind === 'accessToken') return new DomainError('not_found', { subject: 'human' });
  return new DomainError('consent_required', {
    needed: realtimeScope,
    details: { required_scope: realtimeScope, human_id: humanId },
  });
}

/** The error in the product's envelope. */
export const describeError = (product: Product, error: DomainError, requestId: string): object =>
  product.envelope(publicError(product, error, requestId)) as object;
