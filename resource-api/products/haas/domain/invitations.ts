/**
 * Inviting a human by mail to take tasks from somebody's agents. The invitation is a link to the authorization
 * endpoint for an app that the account owns; what the human allows there is an ordinary grant, which they see and
 * revoke with all others. The app is made with the first invitation.
 */

import { parseEmail } from '../../../../shared/email.js';
import { DomainError } from '../../../../shared/errors.js';
import { createOAuthClient } from '../../../../shared/identity/oauth/oauth-clients.js';
import { findUserById } from '../../../../shared/identity/people/users.js';
import { queueMail } from '../../../../shared/mail/mail.js';
import { renderMail } from '../../../../shared/mail/template-layout.js';
import { haas as product } from '../../../../shared/products/haas.js';
import type { Services } from '../../../../shared/services.js';

const scopes = 'status:read profile:read tasks:dispatch tasks:read';

/** Where the authorization server thanks for the consent; the code in the redirect is not redeemed. */
const connectedPath = '/connected';

/** Mails an invitation, inside a transaction. Throws `validation` for what is no email address. */
export async function inviteHuman(tx: Services, accountId: string, address: string): Promise<void> {
  const email = parseEmail(address);
  const inviter = await findUserById(tx, accountId);
  if (!inviter) throw new DomainError('not_found', { subject: 'account' });
  const clientId = await findOrCreateApp(tx, accountId, inviter.name);
  const url = new URL('/authorize', tx.config.issuer);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri(tx),
    scope: scopes,
  }).toString();
  const subject = `${inviter.name} would like to send you tasks`;
  await queueMail(tx, {
    to: email,
    subject,
    ...renderMail({
      title: subject,
      paragraphs: [
        `${inviter.name} (${inviter.email}) works with software agents and asks whether they may send you tasks.`,
        'You decide what they may see and do, and you can decline each task. Nothing is shared until you agree.',
      ],
      button: { label: 'See what is asked', url: url.href },
      footer: 'If you do not know who this is, there is nothing to do.',
    }),
  });
}

const redirectUri = ({ config }: Services): string => `${config.issuer}${connectedPath}`;

/** The account's app for its agents: one, however many invitations are made at once. */
async function findOrCreateApp(tx: Services, accountId: string, ownerName: string): Promise<string> {
  await tx.db.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`agents-app:${accountId}`]);
  const existing = await tx
    .db('oauth_clients')
    .where({ user_id: accountId, product: product.id, disabled_at: null })
    .whereRaw('? = any(redirect_uris)', [redirectUri(tx)])
    .first('id');
  if (existing) return existing.id;
  const { id } = await createOAuthClient(
    tx,
    {
      userId: accountId,
      product: product.id,
      name: `Agents of ${ownerName}`.slice(0, 60),
      redirectUris: [redirectUri(tx)],
    },
    { kind: 'person', id: accountId },
  );
  return id;
}
