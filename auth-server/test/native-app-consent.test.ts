/**
 * Remembered consent and apps that run on the person's device (RFC 8252 section 8.6): any program there can receive a
 * loopback redirect or a scheme, so a public client with such a redirect is asked about each time.
 */
import { FormBrowser } from '../../shared/testing/form-browser.js';
import {
  authorize,
  callback,
  createApp,
  createPerson,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

const loopback = 'http://127.0.0.1:7777/cb';
const challenge = {
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  scope: 'status:read',
};

/** Allows the app "until I revoke it", and then asks again in the same browser. */
async function allowOnce(client: { id: string }, redirect: string) {
  const browser = new FormBrowser(origin);
  const parameters = { client_id: client.id, redirect_uri: redirect, ...challenge };
  const first = await authorize(browser, parameters, await createPerson(services), { duration: 'always' });
  expect(first.page.location).toContain('code=');
  const ask = async (further: Record<string, string> = {}) =>
    browser.follow(
      await browser.get(
        `/authorize?${new URLSearchParams({ response_type: 'code', ...parameters, ...further })}`,
      ),
    );
  return { again: await ask(), silently: await ask({ prompt: 'none' }) };
}

test.each([
  ['a loopback redirect', [loopback], loopback, undefined],
  ['another port of it', [loopback], 'http://127.0.0.1:50123/cb', undefined],
  ['a scheme of its own', ['https://app.example/x'], 'cursor://cb', { redirect_uris: ['cursor://cb'] }],
  ['a loopback redirect of a first-party app', [loopback], loopback, { first_party: true }],
])(
  'a public client with %s is asked about each time, and never silently',
  async (_, uris, redirect, columns) => {
    const app = await createApp(services, { public: true, redirectUris: uris, columns });
    const { again, silently } = await allowOnce(app, redirect);
    expect(again.html).toContain('name="decision"');
    expect(silently.location).toContain('error=consent_required');
    expect(await services.db('consents').where({ client_id: app.id })).toEqual([]);
  },
);

test.each([
  ['a confidential client with a loopback redirect', { redirectUris: [loopback] }, loopback],
  ['a public client with an https redirect', { public: true }, callback],
])('consent to %s is remembered', async (_, input, redirect) => {
  const { again, silently } = await allowOnce(await createApp(services, input), redirect);
  expect(again.location).toContain('code=');
  expect(silently.location).toContain('code=');
});

test('consent that was remembered before for such a client is not applied', async () => {
  const app = await createApp(services, { public: true, redirectUris: [loopback] });
  const person = await createPerson(services);
  await services.db('consents').insert({
    id: 'planted',
    user_id: person.id,
    client_id: app.id,
    scopes: ['status:read'],
    duration: 'always',
    redirect_hosts: ['127.0.0.1:7777'],
    expires_at: new Date(services.clock.ms() + 86_400_000),
  });
  const browser = new FormBrowser(origin);
  const parameters = { client_id: app.id, redirect_uri: loopback, ...challenge };
  await authorize(browser, parameters, person, { decision: 'deny' });
  const query = new URLSearchParams({ response_type: 'code', prompt: 'none', ...parameters });
  const page = await browser.follow(await browser.get(`/authorize?${query}`));
  expect(page.location).toContain('error=consent_required');
});
