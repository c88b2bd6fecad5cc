/** Makers of the ways in which a person can be signed in, for tests that see them end. */
import { randomBytes } from 'node:crypto';
import { createGrant, findLiveGrant } from '../identity/oauth/grants.js';
import { createOAuthClient } from '../identity/oauth/oauth-clients.js';
import { findLiveAccessToken, upsertRecord } from '../identity/oauth/oidc-records.js';
import type { User } from '../identity/people/users.js';
import { findSessionByUid, upsertSession } from '../identity/sign-in/browser-sessions.js';
import { issueSessionJwt, verifySessionJwt } from '../identity/sign-in/session-jwts.js';
import { findSessionStatus, isSessionActive } from '../identity/sign-in/session-status.js';
import { personSubject } from '../ids.js';
import { getProduct } from '../products/index.js';
import type { Services } from '../services.js';

export interface SignIns {
  sessionUid: string;
  /** Whether each still holds. */
  held(): Promise<{ session: boolean; jwt: boolean; grant: boolean; accessToken: boolean }>;
}

const random = () => randomBytes(16).toString('hex');

/** Signs a person in at a browser and at a product, and connects an app of `ownerId`, by default their own. */
export async function createSignIns(services: Services, user: User, ownerId = user.id): Promise<SignIns> {
  const product = getProduct('haas');
  const accountId = personSubject(user.id);
  const sessionUid = random();
  await upsertSession(
    services,
    random(),
    { uid: sessionUid, accountId, credentialVersion: user.tokenVersion },
    3600,
  );
  const { token } = await issueSessionJwt(services, product, { user, role: 'worker' });
  const verified = await verifySessionJwt(services, product, token);
  if ('problem' in verified) throw new Error(verified.problem);
  const { claims } = verified;
  const clientId = await createTestClient(services, ownerId);
  const [grantId, accessToken] = [random(), `haas_at_${random()}`];
  await createGrant(services, {
    id: grantId,
    userId: user.id,
    clientId,
    product: product.id,
    scopes: ['status:read'],
    requestedScopes: null,
    duration: 'always',
  });
  const record = { accountId, clientId, grantId, exp: services.clock.seconds() + 3600 };
  await upsertRecord(services, 'AccessToken', accessToken, record, 3600);
  return {
    sessionUid,
    held: async () => ({
      session: (await findSessionByUid(services, sessionUid)) !== undefined,
      jwt: isSessionActive(claims, await findSessionStatus(services, claims)),
      grant: (await findLiveGrant(services, grantId)) !== undefined,
      accessToken: (await findLiveAccessToken(services, accessToken)) !== undefined,
    }),
  };
}

export async function createTestClient(services: Services, ownerId: string): Promise<string> {
  const client = {
    userId: ownerId,
    product: 'haas',
    name: 'Errand Bot',
    redirectUris: ['https://app.example/callback'],
  };
  const { id } = await createOAuthClient(services, client, { kind: 'person', id: ownerId });
  return id;
}
