/**
 * An app that nobody vouches for must not get a link at our origin that leads to its own site without a decision of the
 * person (RFC 9700 section 4.11.2).
 */
import { FormBrowser } from '../../shared/testing/form-browser.js';
import { createTestUser } from '../../shared/testing/people.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();
const person = await createPerson(services);
const app = await createApp(services);
const selfRegistered = { self_registered: true, user_id: null, product: null };
const stranger = await createApp(services, { columns: selfRegistered });

const ask = (parameters: Record<string, string>) =>
  new FormBrowser(origin).get(
    `/authorize?${new URLSearchParams({ response_type: 'code', redirect_uri: callback, ...parameters })}`,
  );

describe('before sign-in, an error of a self-registered app', () => {
  test.each([
    ['a wrong response type', { response_type: 'token' }],
    ['a wrong prompt', { prompt: 'x' }],
    ['an unknown resource', { resource: 'https://elsewhere.example' }],
    ['prompt=none', { prompt: 'none' }],
  ])('does not redirect: %s', async (_name, wrong) => {
    const page = await ask({ client_id: stranger.id, state: 's', ...wrong });
    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
    expect(page.html).toContain('Nobody has checked this app');
    expect(page.html).toMatch(/<a [^>]*href="https:\/\/app\.example\/callback[?#]error=/);
  });

  test('does not open an app on the device either', async () => {
    const native = await createApp(services, {
      public: true,
      columns: { ...selfRegistered, redirect_uris: ['cursor://cb'] },
    });
    const page = await ask({ client_id: native.id, redirect_uri: 'cursor://cb', prompt: 'none' });
    expect([page.status, page.location]).toEqual([400, undefined]);
    expect(page.html).toContain('an app on this device, by cursor:');
  });

  test('goes back once they have', async () => {
    const browser = new FormBrowser(origin);
    await authorize(browser, { client_id: stranger.id }, person);
    const { answer: response } = await authorize(browser, { client_id: stranger.id, prompt: 'x' }, person);
    expect(response.get('error')).toBe('invalid_request');
  });

  test.each([
    ['a wrong response type', { response_type: 'token' }],
    ['prompt=none', { prompt: 'none' }],
  ])('of an app whose owner has not confirmed an address does not redirect either: %s', async (_, wrong) => {
    // An app from the time before only confirmed accounts could register one.
    const owner = await createTestUser(services);
    const { id } = await createApp(services, { userId: owner.id });
    await services.db('users').where({ id: owner.id }).update({ email_verified_at: null });
    const page = await ask({ client_id: id, ...wrong });
    expect([page.status, page.location]).toEqual([400, undefined]);
    await services.db('users').where({ id: owner.id }).update({ email_verified_at: new Date() });
    expect((await ask({ client_id: id, ...wrong })).location).toContain(`${callback}`);
  });

  test('of a client document with prompt=none does not redirect', async () => {
    const document = 'https://tool.example/client.json';
    const columns = { ...selfRegistered, id: document, verified_host: 'tool.example', public: true };
    await createApp(services, { public: true, columns });
    const page = await ask({ client_id: document, prompt: 'none', code_challenge_method: 'S256' });
    expect([page.status, page.location]).toEqual([400, undefined]);
  });

  test('goes back at once where a developer stands behind the app', async () => {
    const { location } = await ask({ client_id: app.id, prompt: 'x' });
    expect(location).toContain(`${callback}?error=invalid_request`);
  });
});
