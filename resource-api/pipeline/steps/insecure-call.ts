/**
 * A key that came over plain http was readable on the way. The call was refused; its owner is told, once per key,
 * because only they can replace it. The caller learns nothing from this: not whether the key is any good.
 */
import { sqlNow } from '../../../shared/clock.js';
import { queueMail } from '../../../shared/mail/mail.js';
import { renderMail } from '../../../shared/mail/template-layout.js';
import type { Product } from '../../../shared/products/product.js';
import { inTransaction, type Services } from '../../../shared/services.js';
import { readCredential } from '../../credentials/presented.js';
import type { RequestContext } from '../request-context.js';
import { identify } from './authenticate.js';

/** Tells the owner of the key that was presented, if it is one. Never rejects. */
export async function reportInsecureCall(context: RequestContext): Promise<void> {
  const { product, req, pipeline } = context;
  const { services } = pipeline;
  try {
    // The response is written meanwhile: the look-up must leave no trace in its context.
    const { caller } = await identify({ ...context, presented: readCredential(product, req) });
    if (caller?.kind === 'apiKey') await tellOwnerOnce(services, product, caller.keyId);
  } catch (error) {
    services.logger.warn({ err: error }, 'the owner of a key that came over http was not told');
  }
}

async function tellOwnerOnce(services: Services, product: Product, keyId: string): Promise<void> {
  await inTransaction(services, async (tx) => {
    const noticed = await tx
      .db('insecure_key_notices')
      .insert({ key_id: keyId, noticed_at: sqlNow(tx) })
      .onConflict('key_id')
      .ignore()
      .returning('key_id');
    if (noticed.length === 0) return;
    const key = await tx
      .db('api_keys')
      .leftJoin('users', 'users.id', 'api_keys.user_id')
      .leftJoin('agents', 'agents.id', 'api_keys.agent_id')
      .where('api_keys.id', keyId)
      .select({
        name: 'api_keys.name',
        prefix: 'api_keys.prefix',
        lastFour: 'api_keys.last_four',
        email: tx.db.raw('coalesce(users.email, agents.email)'),
      })
      .first();
    if (!key) return;
    const title = `A ${product.name} key was sent unencrypted`;
    const content = renderMail({
      title,
      paragraphs: [
        `Somebody called ${product.name} over plain http with your key "${key.name}" (${key.prefix}…${key.lastFour}). We refused the call, but everyone on the way could read the key.`,
        'Please roll this key, and let your program call an https address.',
      ],
      footer: 'You get this once for each key.',
    });
    await queueMail(tx, { to: key.email, subject: title, ...content });
  });
}
