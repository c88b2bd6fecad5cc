/**
 * Every kind of background job and what it carries. A payload holds ids and never text, addresses or secrets:
 * it lies in the clear in the queue's table, and what it points to may have changed by the time it runs.
 */
export interface JobPayloads {
  'account.erase': { accountId: string };
  'mail.send': { mailId: string };
  'bounties.expire': { bountyId: string };
  'audit.anchor': Record<string, never>;
  'cleanup.run': Record<string, never>;
  'dispatch.hand_back': { humanId: string };
  'dispatch.offer': { taskId: string };
  'dispatch.expire': { taskId: string };
  'dispatch.settle': { taskId: string };
  'dispatch.sweep': Record<string, never>;
  /** `sid` names the session to the app, and means nothing to anybody else. */
  'logout.notify': { clientId: string; subject: string; sid: string };
  'keys.remind': Record<string, never>;
  'simulation.step': { taskId: string; step: number };
  'reviews.expire': { reviewId: string };
  'reviews.simulate': { reviewId: string };
  'webhooks.deliver': { laneId: string };
  'webhooks.sweep': Record<string, never>;
  'webhooks.cleanup': Record<string, never>;
}

export type JobName = keyof JobPayloads;
