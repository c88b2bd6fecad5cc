/** Which apps are to hear of it when a session ends: those used in it whose owner gave an address for that. */
import { enqueueJob } from '../../jobs/queue.js';
import type { Services } from '../../services.js';
import type { Payload } from '../oauth/oidc-records.js';

/** Queues a notice to each; in the transaction that ends the session. */
export async function queueLogoutNotices(
  tx: Services,
  { accountId, authorizations }: Payload,
): Promise<void> {
  if (typeof accountId !== 'string' || typeof authorizations !== 'object' || authorizations === null) return;
  const used = new Map<string, unknown>(Object.entries(authorizations));
  const told: string[] = await tx
    .db('oauth_clients')
    .whereIn('id', [...used.keys()])
    .whereRaw("jsonb_exists(metadata, 'backchannel_logout_uri')")
    .pluck('id');
  for (const clientId of told) {
    const authorization = used.get(clientId);
    if (typeof authorization !== 'object' || authorization === null || !('sid' in authorization)) continue;
    await enqueueJob(tx, 'logout.notify', { clientId, subject: accountId, sid: String(authorization.sid) });
  }
}
