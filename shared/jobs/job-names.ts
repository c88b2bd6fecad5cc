/**
 * Every kind of background job and what it carries. Jobs of one product, or of one server alone, are added by
 * declaration merging beside their handlers. A payload holds ids and never text, addresses or secrets:
 * it lies in the clear in the queue's table, and what it points to may have changed by the time it runs.
 */
export interface JobPayloads {
  /** `lastMailId`: the mail that tells a person so; its row has their address, and goes with the rest. */
  'account.erase': { accountId: string; lastMailId?: string };
  'mail.send': { mailId: string };
  'audit.anchor': Record<string, never>;
  'cleanup.run': Record<string, never>;
  /** `sid` names the session to the app, and means nothing to anybody else. */
  'logout.notify': { clientId: string; subject: string; sid: string };
  'keys.remind': Record<string, never>;
  /** Makes what a person confirmed on the page of a connect link; `refHash` in hex. */
  'connect.accept': { refHash: string };
}

export type JobName = keyof JobPayloads;
