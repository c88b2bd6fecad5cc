/**
 * Somebody signs up with another person's email before that person does. Until the email is confirmed the account gets
 * no credentials, and what it has from before ends when its owner proves the mailbox by a code or a new password.
 */
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { rememberConsent } from '../../shared/identity/oauth/consents.js';
import { createClientSecret } from '../../shared/identity/oauth/oauth-client-secrets.js';
import { createOAuthClient, findOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { requestPasswordReset, resetPassword } from '../../shared/identity/sign-in/password-reset.js';
import { resendVerification, verifyEmail } from '../../shared/identity/sign-in/sign-up.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestUser, getMailedToken, getNewestMail } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { createTestClient } from '../../shared/testing/sign-ins.js';
import { startApi } from '../testing/serve.js';
import { createEndpoint } from '../webhooks/endpoints.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const operator = { kind: 'operator', id: 'cli' } as const;
const hitl = getProduct('hitl');
const redirectUris = ['https://app.example/callback'];

async function statusOf(key: string) {
  return (await api.call('/hitl/v1/test', { bearer: key })).status;
}

/** What an unconfirmed account may still have from a time when it could make it itself. */
async function createSquatter(vouched: boolean) {
  const user = await createTestUser(services, { verified: false });
  const owner = { userId: user.id };
  const { key } = await createApiKey(services, { product: hitl, owner, environment: 'live' }, operator);
  const app = { userId: user.id, product: 'haas', name: 'App', redirectUris };
  const { id: clientId } = await createOAuthClient(services, app, operator);
  const receiver = { accountId: user.id, product: 'hitl', environment: 'live' } as const;
  const endpoint = await createEndpoint(services, receiver, { url: 'https://receiver.example/' });
  const developer = await createTestUser(services);
  await rememberConsent(services, {
    userId: user.id,
    clientId: await createTestClient(services, developer.id),
    scopes: ['status:read'],
    duration: 'always',
    redirectHosts: ['app.example'],
  });
  if (!vouched) {
    await services.db('api_keys').where({ user_id: user.id }).update({ vouched });
    await services.db('oauth_clients').where({ user_id: user.id }).update({ vouched });
  }
  expect(await statusOf(key)).toBe(200);
  const held = async () => ({
    key: await statusOf(key),
    app: (await findOAuthClient(services, clientId)) !== undefined,
    endpoint: (await services.db('webhook_endpoints').where({ id: endpoint.id }).first()).deleted_at === null,
    consents: (await services.db('consents').where({ user_id: user.id })).length,
  });
  return { user, held };
}

const proofs = {
  async code(email: string) {
    await api.call('/agenthuman/v1/auth/otp', { body: { email } });
    const { code } = await getNewestMail(services, email);
    const response = await api.call('/agenthuman/v1/auth/otp/verify', { body: { email, code } });
    expect(response.status).toBe(200);
  },
  async 'new password'(email: string) {
    await requestPasswordReset(services, { email }, {});
    const token = await getMailedToken(services, email);
    expect(await resetPassword(services, { token, password: 'mine from now on' }, {})).toHaveProperty('user');
  },
};

test.each(Object.entries(proofs))(
  'the first proof by a %s ends keys, apps, endpoints and remembered consent',
  async (_, prove) => {
    const { user, held } = await createSquatter(false);
    await prove(user.email);
    expect(await held()).toEqual({ key: 401, app: false, endpoint: false, consents: 0 });
  },
);

test.each(Object.entries(proofs))(
  'a later proof by a %s ends none of what was made since, and the first none that an operator made',
  async (_, prove) => {
    const { user, held } = await createSquatter(true);
    await prove(user.email);
    const kept = { key: 200, app: true, endpoint: true, consents: 0 };
    expect(await held()).toEqual(kept);
    await services.db('api_keys').where({ user_id: user.id }).update({ vouched: false });
    await prove(user.email);
    expect(await held()).toEqual(kept);
  },
);

test('the link of the sign-up itself ends nothing', async () => {
  const { user, held } = await createSquatter(false);
  await resendVerification(services, { email: user.email }, {});
  await verifyEmail(services, await getMailedToken(services, user.email), {});
  expect(await held()).toEqual({ key: 200, app: true, endpoint: true, consents: 1 });
});

test('an unconfirmed account makes no key, app, secret or endpoint, until it is confirmed', async () => {
  const user = await createTestUser(services, { verified: false });
  const actor = { kind: 'person', id: user.id } as const;
  const app = { userId: user.id, product: 'haas', name: 'App', redirectUris };
  const { id: clientId } = await createOAuthClient(services, app, operator);
  await services.db('oauth_clients').where({ id: clientId }).update({ vouched: false });
  const receiver = { accountId: user.id, product: 'hitl', environment: 'live' } as const;
  const makers = [
    () => createApiKey(services, { product: hitl, owner: { userId: user.id }, environment: 'live' }, actor),
    () => createOAuthClient(services, app, actor),
    () => createClientSecret(services, { clientId, name: 'Second' }, actor),
    () => createEndpoint(services, receiver, { url: 'https://receiver.example/' }),
  ];
  for (const make of makers) await expect(make()).rejects.toMatchObject({ code: 'email_not_verified' });
  await services.db('users').where({ id: user.id }).update({ email_verified_at: new Date() });
  for (const make of makers) await make();
});
