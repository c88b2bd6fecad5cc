/**
 * How a client proves who it is at the token endpoint, and what it may ask for there.
 */
import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import {
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const machine = { columns: { grant_types: ['client_credentials'] } };
const app = await createApp(services, machine);
const grant = { grant_type: 'client_credentials', scope: 'status:read' };
const body = { client_id: app.id, client_secret: app.secret };

const basic = (id: string, secret: unknown) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

test('grant types that we do not have are refused', async () => {
  for (const grant_type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:saml2-bearer', 'x']) {
    const answer = await requestToken(origin, { grant_type, username: 'u', password: 'p', ...body });
    expect([grant_type, answer.status, answer.body.error]).toEqual([
      grant_type,
      400,
      'unsupported_grant_type',
    ]);
  }
  for (const empty of [{ grant_type: '' }, {}]) {
    const answer = await requestToken(origin, { ...empty, ...body });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  }
});

test('an agent of its own gets no token for a scope that nobody knows', async () => {
  const answer = await requestToken(origin, { ...grant, ...body, scope: 'nope' });
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_scope']);
});

test('only POST reaches the token endpoint', async () => {
  const query = new URLSearchParams({ ...grant, client_id: app.id, client_secret: String(app.secret) });
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${origin}/token?${query}`, { method });
    expect(response.status).toBe(405);
    const text = await response.text();
    expect(text).not.toContain('access_token');
    if (method !== 'HEAD') expect(JSON.parse(text)).toMatchObject({ error: 'invalid_request' });
  }
});

describe('a JSON body', () => {
  const send = async (text: string) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${origin}/token`, { method: 'POST', headers, body: text });
    return { status: response.status, body: await response.json() };
  };

  test('means the same as a form', async () => {
    const { status, body: answer } = await send(JSON.stringify({ ...grant, ...body }));
    expect([status, answer.token_type]).toEqual([200, 'Bearer']);
  });

  test('that is anything but an object of texts is refused', async () => {
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const texts = ['', '{', 'null', '[]', '"x"', '{"grant_type":{}}', '{"__proto__":{"a":"b"}}', deep];
    for (const text of [...texts, '{"grant_type":["client_credentials"]}', '{"grant_type":"a\\u0000b"}']) {
      const { status, body: answer } = await send(text);
      expect([text.slice(0, 40), status, answer.error]).toEqual([text.slice(0, 40), 400, 'invalid_request']);
    }
  });
});

test('two ways to authenticate at once are refused', async () => {
  const answer = await requestToken(origin, { ...grant, ...body }, { headers: basic(app.id, app.secret) });
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
});

test('a wrong secret is 401 and says how; an unknown client is answered just so', async () => {
  const wrong = await requestToken(origin, grant, { headers: basic(app.id, 'wrong') });
  expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client']);
  expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
  const unknown = await requestToken(origin, grant, { headers: basic('app_000000', 'wrong') });
  expect(unknown.status).toBe(401);
  expect(unknown.body).toEqual(wrong.body);
  expect(unknown.headers.get('www-authenticate')).toBe(wrong.headers.get('www-authenticate'));
  const posted = await requestToken(origin, { ...grant, client_id: app.id, client_secret: 'wrong' });
  expect([posted.status, posted.body]).toEqual([401, wrong.body]);
});

test('a secret with %, + and : works form-encoded, and a raw one is no server error', async () => {
  const secret = 'a%2 b+c:d/&=';
  const odd = await createApp(services, machine);
  const hash = createHash('sha256').update(secret).digest();
  await services.db('oauth_client_secrets').where({ client_id: odd.id }).update({ hash });
  const encoded = encodeURIComponent(secret).replaceAll('%20', '+');
  expect((await requestToken(origin, grant, { headers: basic(odd.id, encoded) })).status).toBe(200);
  for (const raw of ['%zz', 'a%', '%', 'a%2', ':', '']) {
    const { status } = await requestToken(origin, grant, { headers: basic(odd.id, raw) });
    expect([400, 401]).toContain(status);
  }
  for (const authorization of ['Basic', 'Basic !!!', 'Basic YQ==', 'Bearer x', 'Basic a b', 'Digest x']) {
    const { status } = await requestToken(origin, grant, { headers: { authorization } });
    expect([400, 401]).toContain(status);
  }
});

test('a secret in the query is not looked at', async () => {
  const query = new URLSearchParams({ client_id: app.id, client_secret: String(app.secret), ...grant });
  const answer = await requestToken(origin, grant, { path: `/token?${query}` });
  expect([400, 401]).toContain(answer.status);
  const half = await requestToken(origin, { ...grant, client_id: app.id }, { path: `/token?${query}` });
  expect([half.status, half.body.error]).toEqual([401, 'invalid_client']);
});

describe('private_key_jwt', () => {
  const keys = generateKeyPair('RS256', { extractable: true });

  async function createSigner() {
    const { publicKey, privateKey } = await keys;
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    const { id } = await createApp(services, {
      columns: {
        ...machine.columns,
        metadata: JSON.stringify({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } }),
      },
    });
    const now = Math.floor(Date.now() / 1000);
    let count = 0;
    const claims = (changes: JWTPayload = {}): JWTPayload => {
      count += 1;
      return { iss: id, sub: id, aud: origin, jti: `${id}-${count}`, iat: now, exp: now + 60, ...changes };
    };
    const sign = (changes?: JWTPayload) =>
      new SignJWT(claims(changes)).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);
    const present = (client_assertion: string) =>
      requestToken(origin, {
        ...grant,
        client_id: id,
        client_assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
    return { id, now, jwk, claims, sign, present };
  }

  test('lets in whoever signs, for the issuer or the endpoint, once per assertion', async () => {
    const { sign, present } = await createSigner();
    const assertion = await sign();
    expect((await present(assertion)).status).toBe(200);
    expect((await present(assertion)).body.error).toBe('invalid_client');
    expect((await present(await sign({ aud: `${origin}/token` }))).status).toBe(200);
  });

  test('of ten that present one assertion at once, one gets a token', async () => {
    const { sign, present } = await createSigner();
    const assertion = await sign();
    const responses = await Promise.all(Array.from({ length: 10 }, () => present(assertion)));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(responses.filter(({ body: answer }) => answer.error === 'invalid_client')).toHaveLength(9);
  });

  test('is refused for another audience, after its time, for another client, or without an id', async () => {
    const { now, sign, present } = await createSigner();
    for (const changes of [
      { aud: 'https://elsewhere.example' },
      { exp: now - 60 },
      { nbf: now + 600 },
      { iss: app.id },
      { jti: undefined },
      { exp: undefined },
    ]) {
      const { status, body: answer } = await present(await sign(changes));
      expect([changes, status, answer.error]).toEqual([changes, 401, 'invalid_client']);
    }
  });

  test('is refused with alg none, and with HS256 under the public key', async () => {
    const { jwk, claims, present } = await createSigner();
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${encode({ alg: 'none' })}.${encode(claims())}.`;
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(Buffer.from(String(jwk.n), 'base64url'));
    for (const assertion of [none, confused]) {
      const { status, body: answer } = await present(assertion);
      expect([status, answer.error]).toEqual([401, 'invalid_client']);
    }
    for (const assertion of ['x', 'x.y.z', '']) {
      const { status } = await present(assertion);
      expect([400, 401]).toContain(status);
    }
  });

  test('a client that signs does not get in with a secret, nor one with a secret by signing', async () => {
    const { id, sign } = await createSigner();
    const secret = await requestToken(origin, { ...grant, client_id: id, client_secret: 'x' });
    expect(secret.body.error).toBe('invalid_client');
    const signed = await requestToken(origin, {
      ...grant,
      client_assertion: await sign({ iss: app.id, sub: app.id }),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(signed.body.error).toBe('invalid_client');
  });
});

test('a client cannot pass for a person, whatever its id', async () => {
  const person = await createPerson(services);
  const { body: answer } = await requestToken(origin, { ...grant, ...body });
  expect(answer).not.toHaveProperty('human_id');
  expect(answer).not.toHaveProperty('refresh_token');
  const introspect = async (token: string, asking: { id: string; secret?: string }) => {
    const members = { token, client_id: asking.id, client_secret: asking.secret };
    return (await requestToken(origin, members, { path: '/token/introspection' })).body;
  };
  const own = await introspect(answer.access_token, app);
  expect(own).toMatchObject({ active: true, client_id: app.id });
  expect(String(own.sub ?? own.client_id)).not.toMatch(/^usr_/);
  const web = await createApp(services);
  const code = await obtainCode(origin, { client_id: web.id }, person);
  const exchanged = await requestToken(origin, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    client_id: web.id,
    client_secret: web.secret,
  });
  expect((await introspect(exchanged.body.access_token, web)).sub).toBe(`usr_${person.id}`);
  expect(app.id).toMatch(/^app_/);
});
