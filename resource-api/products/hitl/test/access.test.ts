/**
 * Who may do what: every route under every kind of caller. A route that is added without a line here fails the
 * first test.
 */
import { createTestUser } from '../../../../shared/testing/people.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { makeKey, startApi } from '../../../testing/serve.js';
import { hitl } from '../index.js';
import { approval, signInTo } from '../testing/reviewers.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const people = {
  creator: await createTestUser(services),
  member: await createTestUser(services),
  stranger: await createTestUser(services),
};
type Person = keyof typeof people;

const makeKeyOf = async (person: Person, options: object = {}) =>
  (await makeKey(services, 'hitl', people[person].id, options)).key;
const callers: Record<string, string | undefined> = {
  nobody: undefined,
  'creator’s key': await makeKeyOf('creator'),
  'member’s key': await makeKeyOf('member'),
  'stranger’s key': await makeKeyOf('stranger'),
  'creator’s test key': await makeKeyOf('creator', { environment: 'test' }),
  'creator’s JWT': await signInTo(api, people.creator.email),
  'member’s JWT': await signInTo(api, people.member.email),
  'stranger’s JWT': await signInTo(api, people.stranger.email),
};
const creatorKey = callers['creator’s key'] as string;
const memberJwt = callers['member’s JWT'] as string;

interface Data {
  loop: { id: string };
  invite_code: string;
  request_id: string;
}
const call = async (method: string, path: string, bearer: string | undefined, body?: unknown) => {
  const response = await api.call(`/hitl${path}`, { method, bearer, body });
  return { status: response.status, body: response.body as { error: boolean; msg: string; data: Data } };
};

interface Scene {
  loop: string;
  code: string;
  request: string;
}

/** A loop of the creator's with a member in it, and a request that the member has answered if it is to be. */
async function makeScene(answered: boolean): Promise<Scene> {
  const { loop, invite_code: code } = (await call('POST', '/v1/api/loops', creatorKey, { name: 'A' })).body
    .data;
  await call('POST', '/v1/api/loops/join', memberJwt, { invite_code: code });
  const asked = await call('POST', `/v1/api/loops/${loop.id}/requests`, creatorKey, approval);
  const request = asked.body.data.request_id;
  if (answered) {
    await call('POST', `/v1/api/requests/${request}/respond`, memberJwt, { response_data: 'approve' });
  }
  return { loop: loop.id, code, request };
}

const denied = '403 Access denied to this resource';
const noKey = '401 Invalid API key';
const none = '401 Missing Authorization header';
const noLoop = '404 Loop not found';
const noRequest = '404 Request not found';
const ok = '200';

/** In the order of `callers`. */
type Row = [route: string, body: unknown, expected: string[], answered?: boolean];

const table: Row[] = [
  ['GET /v1/test', undefined, [none, ok, ok, ok, ok, noKey, noKey, noKey]],
  ['GET /v1/api/loops', undefined, [none, ok, ok, ok, ok, ok, ok, ok]],
  ['POST /v1/api/loops', { name: 'B' }, [none, '201', '201', '201', '201', noKey, noKey, noKey]],
  ['GET /v1/api/loops/:id', undefined, [none, ok, ok, denied, noLoop, ok, ok, denied]],
  ['PUT /v1/api/loops/:id', { name: 'C' }, [none, ok, denied, denied, noLoop, noKey, noKey, noKey]],
  ['DELETE /v1/api/loops/:id', undefined, [none, ok, denied, denied, noLoop, noKey, noKey, noKey]],
  ['POST /v1/api/loops/:id/invite', {}, [none, '201', denied, denied, noLoop, noKey, noKey, noKey]],
  ['GET /v1/api/loops/:id/members', undefined, [none, ok, ok, denied, noLoop, ok, ok, denied]],
  [
    'POST /v1/api/loops/:id/members',
    { email: 'new@example.com' },
    [none, '201', denied, denied, noLoop, noKey, noKey, noKey],
  ],
  [
    'DELETE /v1/api/loops/:id/members/:userId',
    undefined,
    [none, ok, denied, denied, noLoop, noKey, noKey, noKey],
  ],
  [
    'POST /v1/api/loops/join',
    'code',
    [
      none,
      noKey,
      noKey,
      noKey,
      noKey,
      '409 You are a member of this loop already',
      '409 You are a member of this loop already',
      ok,
    ],
  ],
  [
    'POST /v1/api/loops/:id/requests',
    approval,
    [none, '201', '403 Only loop creators can create requests', denied, noLoop, noKey, noKey, noKey],
  ],
  ['GET /v1/api/loops/:id/requests', undefined, [none, ok, ok, denied, noLoop, ok, ok, denied]],
  ['GET /v1/api/requests', undefined, [none, ok, ok, ok, ok, ok, ok, ok]],
  ['GET /v1/api/requests/:id', undefined, [none, ok, ok, denied, noRequest, ok, ok, denied]],
  ['DELETE /v1/api/requests/:id', undefined, [none, ok, denied, denied, noRequest, noKey, noKey, noKey]],
  ['POST /v1/api/requests/:id/claim', undefined, [none, noKey, noKey, noKey, noKey, ok, ok, denied]],
  [
    'POST /v1/api/requests/:id/respond',
    { response_data: 'approve' },
    [none, noKey, noKey, noKey, noKey, ok, ok, denied],
  ],
  [
    'POST /v1/api/requests/:id/feedback',
    { feedback: { rating: 5 } },
    [none, ok, denied, denied, noRequest, noKey, noKey, noKey],
    true,
  ],
];

// Signing out ends the JWTs that the other lines use; resource-api/test/sign-out.test.ts covers it.
const signOut = '/v1/api/auth/signout';

test('every route that asks for a credential has its line', () => {
  const guarded = hitl.routes.filter(
    ({ options, path }) => options.by !== 'anyone' && !path.includes('webhook') && path !== signOut,
  );
  const names = guarded.map(({ method, path }) => `${method} ${path}`);
  expect(names.sort()).toEqual(table.map(([name]) => name).sort());
});

test.each(table)('%s', async (name, body, expected, answered = false) => {
  const [method = '', template = ''] = name.split(' ');
  const found: Record<string, string> = {};
  let fresh: Scene | undefined;
  for (const [caller, bearer] of Object.entries(callers)) {
    const scene = fresh ?? (await makeScene(answered));
    const path = template
      .replace('/loops/:id', `/loops/${scene.loop}`)
      .replace('/requests/:id', `/requests/${scene.request}`)
      .replace(':userId', people.member.id);
    const sent = body === 'code' ? { invite_code: scene.code } : body;
    const response = await call(method, path, bearer, sent);
    const { error, msg } = response.body;
    expect(error).toBe(response.status >= 400);
    fresh = error || method === 'GET' ? scene : undefined;
    found[caller] = error ? `${response.status} ${msg}` : String(response.status);
  }
  expect(found).toEqual(
    Object.fromEntries(Object.keys(callers).map((caller, index) => [caller, expected[index]])),
  );
});

test.each([
  ['GET', '/v1/api/loops/000000000000000000000000', noLoop],
  ['PUT', '/v1/api/loops/000000000000000000000000', noLoop],
  ['DELETE', '/v1/api/loops/none', noLoop],
  ['GET', '/v1/api/requests/000000000000000000000000', noRequest],
  ['DELETE', '/v1/api/requests/none', noRequest],
])('%s %s: what does not exist is 404', async (method, path, expected) => {
  const response = await call(method, path, creatorKey, method === 'PUT' ? { name: 'x' } : undefined);
  expect(`${response.status} ${response.body.msg}`).toBe(expected);
});

const permissions = ['loops:read', 'loops:write', 'requests:read', 'requests:write'];

test.each(permissions)(
  'a key with %s alone opens the routes that ask for it, and no others',
  async (permission) => {
    const bearer = await makeKeyOf('creator', { permissions: [permission] });
    for (const { method, path, options } of hitl.routes) {
      if (options.by === 'anyone' || options.permission === undefined) continue;
      const response = await call(method, path.replaceAll(/:\w+/g, 'none'), bearer, options.body && {});
      const refused = response.status === 403 && response.body.msg === 'Access denied to this resource';
      expect([method, path, refused]).toEqual([method, path, options.permission !== permission]);
    }
  },
);
