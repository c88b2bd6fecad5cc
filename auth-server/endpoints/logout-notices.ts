/**
 * Back-channel logout (OpenID Connect Back-Channel Logout 1.0): tells an app that a session ended in which someone
 * used it. oidc-provider would call once, while the person waits, and give up; here each notice is a job of its own,
 * queued where the session ends (shared/identity/sign-in/browser-sessions) and tried again for about a day.
 */
import { createHash } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { createGuardedFetch } from '../../shared/http/outbound.js';
import { OutboundError } from '../../shared/http/outbound-request.js';
import { findOAuthClient, logoutAddress } from '../../shared/identity/oauth/oauth-clients.js';
import { HopelessJobError, outwardJob } from '../../shared/jobs/handlers.js';
import type { JobPayloads } from '../../shared/jobs/job-names.js';
import type { Services } from '../../shared/services.js';
import { findClient } from '../clients/client-registry.js';
import { idTokenAlgorithm } from '../clients/id-token-algorithms.js';
import { loadSigningKeys } from '../oidc/signing-keys.js';

type Notice = JobPayloads['logout.notify'];

/** As oidc-provider has it: enough for the call itself. */
const tokenSeconds = 120;

export const notifyLogout = outwardJob(
  async (services: Services, notice: Notice): Promise<void> => {
    const client = await findOAuthClient(services, notice.clientId);
    const address = client && logoutAddress(client);
    if (!address || client.disabledAt !== null) return;
    const token = await signLogoutToken(services, notice);
    const { status } = await call(services, address, token);
    if (status !== 200 && status !== 204) throw new Error(`the app answered ${status}`);
  },
  { group: 'deliveries' },
);

async function call({ config }: Services, address: string, token: string): Promise<Response> {
  try {
    return await createGuardedFetch(config)(address, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    });
  } catch (error) {
    const hopeless = error instanceof OutboundError && error.problem === 'address_refused';
    throw hopeless ? new HopelessJobError(error.message) : error;
  }
}

/** The same `jti` at each attempt, by which an app knows that it has had this notice. */
async function signLogoutToken(services: Services, { clientId, subject, sid }: Notice): Promise<string> {
  const client = await findClient(services, clientId);
  const alg = idTokenAlgorithm(client?.metadata ?? {});
  const current = (await loadSigningKeys(services)).find((key) => key.alg === alg);
  if (!current) throw new Error('there is no signing key');
  const now = services.clock.seconds();
  return new SignJWT({ sid, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
    .setProtectedHeader({ alg, typ: 'logout+jwt', kid: current.kid })
    .setIssuer(services.config.issuer)
    .setAudience(clientId)
    .setSubject(subject)
    .setJti(createHash('sha256').update(`${clientId} ${sid}`).digest('base64url'))
    .setIssuedAt(now)
    .setExpirationTime(now + tokenSeconds)
    .sign(await importJWK(current, alg));
}
