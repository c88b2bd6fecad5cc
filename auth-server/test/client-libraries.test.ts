/**
 * Widely used client libraries, each on the whole way: discovery where it has it, code (with PKCE where it does it),
 * exchange, refresh, introspection, revocation. None of them is told anything but our addresses.
 */
import { OAuth2Client } from '@badgateway/oauth2-client';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import OAuth2Strategy from 'passport-oauth2';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';
import { FormBrowser } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services);
const client = { id: app.id, secret: String(app.secret) };
const scope = 'tasks:dispatch status:read';

/** Opens what a library built in a fresh browser, signs in, allows; where the browser ends up. */
async function walk(address: string | URL): Promise<URL> {
  const url = new URL(address);
  const { page } = await authorize(
    new FormBrowser(origin),
    Object.fromEntries(url.searchParams),
    person,
    {},
    url.pathname,
  );
  return new URL(String(page.location));
}

async function isRefused(refreshToken: string | null | undefined): Promise<boolean> {
  const { body } = await requestToken(origin, {
    grant_type: 'refresh_token',
    refresh_token: String(refreshToken),
    client_id: client.id,
    client_secret: client.secret,
  });
  return body.error === 'invalid_grant';
}

describe('openid-client', () => {
  const discover = (authentication?: openid.ClientAuth) =>
    openid.discovery(new URL(origin), client.id, client.secret, authentication, {
      execute: [openid.allowInsecureRequests],
    });

  test('code with PKCE, refresh, introspection, revocation', async () => {
    const config = await discover(openid.ClientSecretBasic(client.secret));
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const expectedState = openid.randomState();
    const landed = await walk(
      openid.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope,
        state: expectedState,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      }),
    );
    const tokens = await openid.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState });
    expect(tokens.scope).toBe(scope);
    const fresh = await openid.refreshTokenGrant(config, String(tokens.refresh_token));
    const about = await openid.tokenIntrospection(config, fresh.access_token);
    expect(about).toMatchObject({ active: true, scope, client_id: client.id, sub: `usr_${person.id}` });
    await openid.tokenRevocation(config, String(fresh.refresh_token));
    expect(await openid.tokenIntrospection(config, fresh.access_token)).toEqual({ active: false });
    await expect(openid.refreshTokenGrant(config, String(fresh.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  test('a pushed request that asks who the person is: ID token, userinfo, sign-out', async () => {
    const config = await discover(openid.ClientSecretPost(client.secret));
    const expectedNonce = openid.randomNonce();
    const expectedState = openid.randomState();
    const landed = await walk(
      await openid.buildAuthorizationUrlWithPAR(config, {
        redirect_uri: callback,
        scope: 'openid',
        nonce: expectedNonce,
        state: expectedState,
      }),
    );
    const tokens = await openid.authorizationCodeGrant(config, landed, { expectedNonce, expectedState });
    const subject = String(tokens.claims()?.sub);
    expect(subject).toBe(`usr_${person.id}`);
    expect(await openid.fetchUserInfo(config, tokens.access_token, subject)).toEqual({ sub: subject });
    const signOut = openid.buildEndSessionUrl(config, { id_token_hint: String(tokens.id_token) });
    expect((await fetch(signOut)).status).toBe(200);
  });
});

test('oauth4webapi: a public client with PKCE, refresh, revocation', async () => {
  const { id } = await createApp(services, { public: true });
  const options = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(origin);
  const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  const server = await oauth.processDiscoveryResponse(issuer, discovered);
  const self = { client_id: id };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(String(server.authorization_endpoint));
  address.search = new URLSearchParams({
    client_id: id,
    redirect_uri: callback,
    response_type: 'code',
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const response = oauth.validateAuthResponse(server, self, await walk(address), state);
  const exchanged = await oauth.authorizationCodeGrantRequest(
    server,
    self,
    oauth.None(),
    response,
    callback,
    verifier,
    options,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, self, exchanged);
  const refreshed = await oauth.refreshTokenGrantRequest(
    server,
    self,
    oauth.None(),
    String(tokens.refresh_token),
    options,
  );
  const fresh = await oauth.processRefreshTokenResponse(server, self, refreshed);
  expect(fresh.access_token).not.toBe(tokens.access_token);
  const revoked = await oauth.revocationRequest(server, self, oauth.None(), fresh.access_token, options);
  expect(await oauth.processRevocationResponse(revoked)).toBeUndefined();
  const late = await oauth.refreshTokenGrantRequest(
    server,
    self,
    oauth.None(),
    String(fresh.refresh_token),
    options,
  );
  await expect(oauth.processRefreshTokenResponse(server, self, late)).rejects.toMatchObject({
    error: 'invalid_grant',
  });
});

describe('simple-oauth2', () => {
  const auth = { tokenHost: origin, tokenPath: '/token', revokePath: '/token/revocation' };

  test.each(['header', 'body'] as const)('with the secret in the %s', async (authorizationMethod) => {
    const flow = new AuthorizationCode({
      client,
      auth: { ...auth, authorizePath: '/authorize' },
      options: { authorizationMethod },
    });
    const landed = await walk(flow.authorizeURL({ redirect_uri: callback, scope, state: 's p a c e' }));
    expect(landed.searchParams.get('state')).toBe('s p a c e');
    const code = String(landed.searchParams.get('code'));
    const tokens = await flow.getToken({ code, redirect_uri: callback });
    expect(tokens.expired()).toBe(false);
    const fresh = await tokens.refresh({ scope: ['status:read'] });
    expect(fresh.token).toMatchObject({ scope: 'status:read', human_id: `usr_${person.id}` });
    await fresh.revokeAll();
    expect(await isRefused(String(fresh.token.refresh_token))).toBe(true);
  });

  test('client credentials, for a client that has them', async () => {
    const own = await createApp(services, { columns: { grant_types: ['client_credentials'] } });
    const flow = new ClientCredentials({ client: { id: own.id, secret: String(own.secret) }, auth });
    const { token } = await flow.getToken({ scope: 'status:read' });
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'status:read' });
  });
});

test('passport-oauth2 with PKCE and state', async () => {
  const tokens: { access?: string; refresh?: string } = {};
  const strategy = new OAuth2Strategy(
    {
      authorizationURL: `${origin}/authorize`,
      tokenURL: `${origin}/token`,
      clientID: client.id,
      clientSecret: client.secret,
      callbackURL: callback,
      scope,
      state: true,
      pkce: true,
    },
    (access: string, refresh: string, _profile: unknown, done: OAuth2Strategy.VerifyCallback) => {
      Object.assign(tokens, { access, refresh });
      done(null, { id: 'local-user' });
    },
  );
  const session = {};
  const request = (query: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      // What passport adds to a strategy before it runs.
      const run = Object.assign(Object.create(strategy), {
        redirect: resolve,
        success: (user: { id: string }) => resolve(user.id),
        fail: reject,
        error: reject,
      });
      run.authenticate({ session, query });
    });
  const landed = await walk(await request({}));
  expect(await request(Object.fromEntries(landed.searchParams))).toBe('local-user');
  expect(tokens.access).toMatch(/^haas_at_/);
  expect(await isRefused(tokens.refresh)).toBe(false);
});

test('@badgateway/oauth2-client: discovery, PKCE, refresh, introspection, revocation', async () => {
  const self = new OAuth2Client({ server: origin, clientId: client.id, clientSecret: client.secret });
  const codeVerifier = openid.randomPKCECodeVerifier();
  const request = { redirectUri: callback, state: 'from-the-client', codeVerifier };
  const landed = await walk(
    await self.authorizationCode.getAuthorizeUri({ ...request, scope: scope.split(' ') }),
  );
  const tokens = await self.authorizationCode.getTokenFromCodeRedirect(landed, request);
  const fresh = await self.refreshToken(tokens);
  expect(await self.introspect(fresh)).toMatchObject({ active: true, scope });
  await self.revoke(fresh);
  expect(await self.introspect(fresh)).toMatchObject({ active: false });
  expect(await isRefused(fresh.refreshToken)).toBe(true);
});
