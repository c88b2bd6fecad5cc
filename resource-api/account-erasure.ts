/**
 * What the products keep about a person or agent who was erased. The core has ended everything by then
 * (shared/identity/erasure); each domain takes out what names or locates them, and leaves what others rely on.
 */
import { forgetKeyCalls } from '../shared/identity/api-keys/key-calls.js';
import { atomicJob, type JobHandlers } from '../shared/jobs/handlers.js';
import type { Services } from '../shared/services.js';
import { productApis } from './products/index.js';
import { eraseWebhooks } from './webhooks/upkeep.js';

/** Takes an account out of one domain; called in a transaction, and once more if that fails. */
type AccountEraser = (tx: Services, accountId: string) => Promise<void>;

// The calls that were on their way into the log of their key when it ended.
const erasers: readonly AccountEraser[] = [
  forgetKeyCalls,
  eraseWebhooks,
  ...productApis.flatMap(({ eraseAccount }) => eraseAccount ?? []),
];

export const erasureHandlers = {
  'account.erase': atomicJob<{ accountId: string; lastMailId?: string }>(
    async (tx, { accountId, lastMailId }) => {
      if (lastMailId !== undefined) await tx.db('mails').where({ id: lastMailId }).delete();
      for (const erase of erasers) await erase(tx, accountId);
    },
  ),
} satisfies JobHandlers;
