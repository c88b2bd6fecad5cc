/** What the consent form keeps, preselects and records. */
import { FormBrowser, formTo, type Page } from '../../shared/testing/form-browser.js';
import {
  callback,
  createApp,
  createPerson,
  credentialsOf,
  startAuthServer,
} from '../testing/authorization-flow.js';

const { services, origin } = await startAuthServer();

/** Signs in on the way to an app and stops at the consent page. */
async function openConsent(app: { id: string }, scope: string, person = { human: true }) {
  const { email, password } = await createPerson(services, person);
  const browser = new FormBrowser(origin);
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: callback,
    scope,
  });
  const signIn = await browser.follow(await browser.get(`/authorize?${query}`));
  const form = formTo(signIn, '/signin');
  return {
    browser,
    page: await browser.follow(await browser.submit(form, credentialsOf({ email, password }))),
  };
}

const chosen = (page: Page) => {
  const { fields } = formTo(page, '/consent');
  return {
    duration: fields.get('duration'),
    scopes: fields.getAll('scope'),
    human: fields.get('become_human'),
  };
};

test('after an error the duration, the scopes and the wish to take tasks are as the person left them', async () => {
  const app = await createApp(services);
  const { browser, page } = await openConsent(app, 'status:read tasks:dispatch', { human: false });
  const choice = { decision: 'allow', duration: 'once', become_human: 'yes', scope: [] };
  const again = await browser.submit(formTo(page, '/consent'), choice);
  expect(again.html).toContain('Leave at least one thing on');
  expect(chosen(again)).toEqual({ duration: 'once', scopes: [], human: 'yes' });
});

test('a consent form whose token is gone keeps the choices and asks again', async () => {
  const app = await createApp(services);
  const { browser, page } = await openConsent(app, 'status:read tasks:dispatch');
  const form = formTo(page, '/consent');
  browser.dropCookies('csrf');
  const stale = await browser.submit(form, { decision: 'allow', duration: '30d', scope: ['status:read'] });
  expect(stale.status).toBe(403);
  expect(chosen(stale)).toEqual({ duration: '30d', scopes: ['status:read'], human: null });
  const allowed = await browser.submit(formTo(stale, '/consent'), { decision: 'allow' });
  expect((await browser.follow(allowed)).location).toContain(`${callback}?code=`);
});

test.each([
  ['haas', 'status:read', 'always'],
  ['openhuman', 'read', '30d'],
])(
  'for an unverified app at %s the duration that is preselected for %s is %s',
  async (product, scope, duration) => {
    const { page } = await openConsent(await createApp(services, { product }), scope);
    expect(chosen(page).duration).toBe(duration);
  },
);

test('a person who allows or denies leaves where that came from in the audit log', async () => {
  const app = await createApp(services);
  for (const decision of ['deny', 'allow']) {
    const { browser, page } = await openConsent(app, 'status:read');
    await browser.follow(await browser.submit(formTo(page, '/consent'), { decision }));
  }
  const events = await services.db('audit_events').whereIn('action', ['consent.denied', 'consent.granted']);
  expect(new Set(events.map(({ action }) => action))).toEqual(new Set(['consent.denied', 'consent.granted']));
  for (const event of events) expect(event.personal.address.value).toBe('127.0.0.1');
});
