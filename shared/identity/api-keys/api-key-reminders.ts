/**
 * Reminders of keys that want replacing: at 90 days of age, before they expire, and when a rotation is due. Each is
 * sent once; what one owner is to be told at the same time is one mail. The row that says so is written in the
 * transaction of the mail.
 */
import { sqlFromNow, sqlNow } from '../../clock.js';
import { enqueueJob } from '../../jobs/queue.js';
import { inTransaction, type Services } from '../../services.js';
import { mailAccount } from '../people/contacts.js';
import { offeredRotationDays, rotationGraceDays } from './api-key-settings.js';
import { type ApiKey, apiKeyColumns } from './api-keys.js';
import { type KeyNews, keyReminderMail } from './key-mails.js';

/** A key is old at the age that its rotation is offered for. */
const oldAfterDays = offeredRotationDays;
const expiryWarningDays = 7;
/** Days after a rotation is due on which its owner is written to; the last is the day before the end. */
const rotationMailDays = [0, 7, rotationGraceDays - 1];
const batchKeys = 500;
const dayMs = 86_400_000;

interface DueReminder extends ApiKey {
  kind: string;
}

/** Writes to the owners of keys that something is due for. Returns how many keys that was. */
export async function remindKeyOwners(services: Services): Promise<number> {
  return inTransaction(services, async (tx) => {
    const due = await findDue(tx);
    for (const accountId of new Set(due.map((reminder) => reminder.accountId))) {
      const reminders = due.filter((reminder) => reminder.accountId === accountId);
      await tx
        .db('key_reminders')
        .insert(reminders.map(({ id, kind }) => ({ key_id: id, kind, sent_at: sqlNow(tx) })));
      const news = reminders.map((reminder) => newsOf(reminder, tx.clock.ms()));
      await mailAccount(tx, accountId, (contact) => keyReminderMail(tx, contact, news));
    }
    if (due.length === batchKeys) await enqueueJob(tx, 'keys.remind', {}, { jobKey: 'keys.remind:more' });
    return due.length;
  });
}

/**
 * Keys in use with a reminder that is due and was not sent. A key whose end comes from its rotation is not warned
 * of that twice, and one that lives for a short time only is warned when half of it is over.
 */
async function findDue(tx: Services): Promise<DueReminder[]> {
  const { db } = tx;
  const keys = db('api_keys')
    .select(apiKeyColumns)
    .where({ status: 'active' })
    .whereNull('successor_id')
    .whereNull('leaked_at')
    .whereRaw('coalesce(expires_at > ?, true)', [sqlNow(tx)])
    .whereRaw(
      `exists (select from users where users.id = user_id and users.status = 'active'
         union all select from agents where agents.id = agent_id and agents.status = 'active')`,
    );
  const age = keys
    .clone()
    .select({ kind: db.raw("'age'") })
    .whereNull('rotate_every_days')
    .where('created_at', '<=', sqlFromNow(tx, -oldAfterDays * 86_400));
  const expiry = keys
    .clone()
    .select({ kind: db.raw("'expiry'") })
    .whereRaw('expires_at = chosen_expires_at')
    .where('expires_at', '<=', sqlFromNow(tx, expiryWarningDays * 86_400))
    .whereRaw('created_at + (expires_at - created_at) / 2 <= ?', [sqlNow(tx)]);
  const rotation = rotationMailDays.map((day, index) => {
    const stage = keys
      .clone()
      .select({ kind: db.raw('?', [`rotation-${day}`]) })
      .where('rotation_due_at', '<=', sqlFromNow(tx, -day * 86_400));
    const next = rotationMailDays[index + 1];
    if (next !== undefined) stage.where('rotation_due_at', '>', sqlFromNow(tx, -next * 86_400));
    return stage;
  });
  return db
    .select('due.*')
    .from(age.unionAll([expiry, ...rotation]).as('due'))
    .whereNotExists(
      db('key_reminders').whereRaw('key_reminders.key_id = due.id and key_reminders.kind = due.kind'),
    )
    .orderBy(['accountId', 'id'])
    .limit(batchKeys);
}

function newsOf(key: DueReminder, nowMs: number): KeyNews {
  const { kind, expiresAt, rotationDueAt } = key;
  if (kind.startsWith('rotation') && expiresAt && rotationDueAt) {
    return { kind: 'rotation', key, dueAt: rotationDueAt, endsAt: expiresAt };
  }
  if (kind === 'expiry' && expiresAt) return { kind: 'expiry', key, at: expiresAt };
  return { kind: 'age', key, days: Math.floor((nowMs - key.createdAt.getTime()) / dayMs) };
}
