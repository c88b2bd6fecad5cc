/**
 * From an app's request to its tokens, as both OAuth seeds tell it.
 * Covers: the token answer of each product, denial, refused scopes, default scope and wildcard, state and iss.
 */
import { FormBrowser } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  obtainCode,
  requestToken,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

describe('an app of HaaS', () => {
  test('gets exactly the six members of the document for its code, asked for in JSON', async () => {
    const person = await createPerson(services);
    const app = await createApp(services);
    const browser = new FormBrowser(origin);
    const { answer: response, page } = await authorize(
      browser,
      { client_id: app.id, scope: 'tasks:dispatch status:read', state: 'random_csrf_token' },
      person,
    );
    expect(page.location?.startsWith(`${callback}?`)).toBe(true);
    expect(response.get('state')).toBe('random_csrf_token');
    expect(response.get('iss')).toBe(origin);

    const { status, body, headers } = await requestToken(
      origin,
      {
        grant_type: 'authorization_code',
        code: response.get('code') ?? '',
        redirect_uri: callback,
        client_id: app.id,
        client_secret: app.secret,
      },
      { json: true },
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^haas_at_[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^haas_rt_[\w-]{43}$/),
      scope: 'tasks:dispatch status:read',
      human_id: `usr_${person.id}`,
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('does not get a scope that the person took off, and is told so', async () => {
    const person = await createPerson(services);
    const app = await createApp(services);
    const code = await obtainCode(
      origin,
      { client_id: app.id, scope: 'tasks:dispatch status:read' },
      person,
      { scope: ['status:read'] },
    );
    const { body } = await requestToken(origin, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: app.id,
      client_secret: app.secret,
    });
    expect(body.scope).toBe('status:read');
  });

  test('gets status:read when it names no scope, and all five names for *', async () => {
    const app = await createApp(services);
    const scopeOf = async (parameters: Record<string, string>) => {
      const code = await obtainCode(
        origin,
        { client_id: app.id, ...parameters },
        await createPerson(services),
      );
      const { body } = await requestToken(origin, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        client_id: app.id,
        client_secret: app.secret,
      });
      return body.scope;
    };
    expect(await scopeOf({})).toBe('status:read');
    expect((await scopeOf({ scope: '*' })).split(' ').sort()).toEqual([
      'communication:realtime',
      'profile:read',
      'status:read',
      'tasks:dispatch',
      'tasks:read',
    ]);
  });

  test('is told access_denied when the person denies, and nothing is granted', async () => {
    const person = await createPerson(services);
    const app = await createApp(services);
    const { answer: response } = await authorize(
      new FormBrowser(origin),
      { client_id: app.id, scope: 'status:read', state: 's' },
      person,
      { decision: 'deny' },
    );
    expect(response.get('error')).toBe('access_denied');
    expect(response.get('state')).toBe('s');
    expect(response.get('iss')).toBe(origin);
    expect(await services.db('grants').where({ user_id: person.id })).toEqual([]);
  });
});

describe('an app of OpenHuman', () => {
  test('gets the bare four members, by form, under /oauth', async () => {
    const person = await createPerson(services, { human: false });
    const app = await createApp(services, { product: 'openhuman' });
    const { answer: response } = await authorize(
      new FormBrowser(origin),
      { client_id: app.id, scope: 'read write' },
      person,
      {},
      '/oauth/authorize',
    );
    const { status, body } = await requestToken(
      origin,
      {
        grant_type: 'authorization_code',
        code: response.get('code') ?? '',
        client_id: app.id,
        client_secret: app.secret,
        redirect_uri: callback,
      },
      { path: '/oauth/token' },
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^at_[\w-]{43}$/),
      refresh_token: expect.stringMatching(/^rt_[\w-]{43}$/),
      expires_in: 3600,
      token_type: 'Bearer',
    });
  });

  test('is told the scope when it is not what was asked for', async () => {
    const app = await createApp(services, { product: 'openhuman' });
    const exchange = async (parameters: Record<string, string>, choice = {}) => {
      const person = await createPerson(services, { human: false });
      const code = await obtainCode(origin, { client_id: app.id, ...parameters }, person, choice);
      const { body } = await requestToken(origin, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        client_id: app.id,
        client_secret: app.secret,
      });
      return body.scope;
    };
    expect(await exchange({ scope: 'read write' }, { scope: ['read'] })).toBe('read');
    expect(await exchange({})).toBe('read');
    expect(await exchange({ scope: 'read' })).toBeUndefined();
  });
});
