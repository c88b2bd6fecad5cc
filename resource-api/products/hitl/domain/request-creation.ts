/**
 * Putting a question before a loop. The question, whom it is for, the mails to them and the due time at its deadline
 * are one transaction: it is never asked without an end.
 */
import { sqlFromNow, sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { enqueueJob } from '../../../../shared/jobs/queue.js';
import { queueMail } from '../../../../shared/mail/mail.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { parseWebhookUrl } from '../../../../shared/webhooks/addresses.js';
import { getLoop, type Loop, type Viewer } from './loops.js';
import { requestMail } from './request-mails.js';
import { getRequest, type LoopRequest } from './requests.js';
import { type ResponseRules, readResponseRules } from './response-rules.js';
import { checkResponse } from './responses.js';
import { readSimulation, simulatedDelaySeconds } from './simulated-reviewer.js';

export type NewRequest = Pick<
  LoopRequest,
  | 'loopId'
  | 'keyId'
  | 'processingType'
  | 'type'
  | 'priority'
  | 'requestText'
  | 'imageUrl'
  | 'context'
  | 'platform'
  | 'platformVersion'
  | 'responseType'
  | 'responseConfig'
  | 'defaultResponse'
  | 'callbackUrl'
> & { timeoutSeconds: number | null };

/** How long a deferred question waits that names no time. */
const deferredSeconds = 30 * 86_400;

export interface CreatedRequest {
  request: LoopRequest;
  broadcastedTo: number;
  notificationsSent: number;
}

/**
 * Asks a loop of the viewer's own. Throws `validation`, `not_found`, `access_denied`, and `conflict` when nobody is
 * there to be asked.
 */
export async function createRequest(
  services: Services,
  viewer: Viewer,
  input: NewRequest,
): Promise<CreatedRequest> {
  const rules = readResponseRules(input.responseType, input.responseConfig);
  const defaultResponse = checkResponse(defaultRules(rules), input.defaultResponse, 'default_response');
  if (input.callbackUrl !== null) parseWebhookUrl(services.config, input.callbackUrl, 'callback_url');
  if (viewer.environment === 'test') readSimulation(input.context);
  return inTransaction(services, async (tx) => {
    const loop = await getLoop(tx, viewer, input.loopId);
    if (loop.creatorId !== viewer.personId) {
      throw new DomainError('access_denied', { message: 'Only loop creators can create requests' });
    }
    const members = await listReachable(tx, loop.id);
    if (members.length === 0) {
      throw new DomainError('conflict', { message: 'No active members found in the loop' });
    }
    const id = newId();
    const seconds = input.timeoutSeconds ?? deferredSeconds;
    await insertRequest(tx, viewer, id, { ...input, defaultResponse }, seconds);
    await enqueueJob(tx, 'reviews.expire', { reviewId: id }, { inSeconds: seconds });
    if (viewer.environment === 'test') {
      await enqueueJob(tx, 'reviews.simulate', { reviewId: id }, { inSeconds: simulatedDelaySeconds });
    }
    const request = await getRequest(tx, viewer, id);
    const notificationsSent = await broadcast(tx, loop, request, members);
    return { request, broadcastedTo: members.length, notificationsSent };
  });
}

/** What stands for an answer need not be there, nor as long as one. */
const defaultRules = (rules: ResponseRules): ResponseRules =>
  rules.type === 'text' ? { ...rules, required: false, minimum: 0 } : { ...rules, required: false };

interface Reachable {
  userId: string;
  role: string;
  email: string;
  confirmed: boolean;
}

/** Keeps the loop from being deleted meanwhile. */
async function listReachable(tx: Services, loopId: string): Promise<Reachable[]> {
  await tx.db('loops').where({ id: loopId }).forKeyShare().first('id');
  return tx
    .db('loop_members as m')
    .join('users as u', 'u.id', 'm.user_id')
    .where({ 'm.loop_id': loopId, 'u.status': 'active' })
    .select({
      userId: 'm.user_id',
      role: 'm.role',
      email: 'u.email',
      confirmed: tx.db.raw('u.email_verified_at is not null'),
    });
}

async function insertRequest(
  tx: Services,
  { personId, product, environment }: Viewer,
  id: string,
  input: NewRequest,
  seconds: number,
): Promise<void> {
  const now = sqlNow(tx);
  await tx.db('reviews').insert({
    id,
    loop_id: input.loopId,
    product,
    environment,
    creator_id: personId,
    key_id: input.keyId,
    processing_type: input.processingType,
    type: input.type,
    priority: input.priority,
    request_text: input.requestText,
    image_url: input.imageUrl,
    context: input.context && JSON.stringify(input.context),
    platform: input.platform,
    platform_version: input.platformVersion,
    response_type: input.responseType,
    response_config: JSON.stringify(input.responseConfig),
    default_response: input.defaultResponse === null ? null : JSON.stringify(input.defaultResponse),
    callback_url: input.callbackUrl,
    broadcasted_at: now,
    timeout_at: sqlFromNow(tx, seconds),
    created_at: now,
    updated_at: now,
  });
}

/** Tells the members, and notes who was told. Returns how many were. */
async function broadcast(
  tx: Services,
  loop: Loop,
  request: LoopRequest,
  members: Reachable[],
): Promise<number> {
  const told = members.map((member) => ({ ...member, problem: findProblem(request, member) }));
  await tx.db('review_recipients').insert(
    told.map(({ userId, role, problem }) => ({
      review_id: request.id,
      user_id: userId,
      role,
      notification_sent: problem === null,
      notification_error: problem,
    })),
  );
  const { id, priority, timeoutAt, requestText } = request;
  const mail = requestMail({ id, loopName: loop.name, priority, text: requestText, timeoutAt });
  const reached = told.filter(({ problem }) => problem === null);
  for (const { email } of reached) await queueMail(tx, { to: email, ...mail });
  return reached.length;
}

function findProblem({ environment }: LoopRequest, { confirmed }: Reachable): string | null {
  if (environment === 'test') return 'Nobody is notified of test requests';
  return confirmed ? null : 'The address is not confirmed';
}
