/** Loops, members and invitations over HTTP. */

import { createApiKey } from '../../../shared/identity/api-keys/api-keys.js';
import { newId } from '../../../shared/ids.js';
import { getProduct } from '../../../shared/products/index.js';
import {
  createTestUser,
  getNewestMail,
  listAuditActions,
  listSubjects,
} from '../../../shared/testing/people.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, startApi } from '../../testing/serve.js';
import { signInTo } from './testing/reviewers.js';

const { services, clock } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const creator = await createTestUser(services);
const { key } = await makeKey(services, 'hitl', creator.id);
const path = '/hitl/v1/api/loops';
const week = 7 * 86_400_000;

interface LoopBody {
  id: string;
  members: { user_id: string; status: string }[];
  member_count: number;
  pending_count: number;
}
interface Data {
  loop: LoopBody;
  loops: LoopBody[];
  count: number;
  member: { user_id: string };
  invite_code: string;
  qr_code_base64: string;
  qr_code_url: string;
  join_url: string;
}
const id24 = expect.stringMatching(/^[0-9a-f]{24}$/);
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);

const call = async (route: string, options: { method?: string; body?: unknown; bearer?: string } = {}) => {
  const { status, body } = await api.call(path + route, { bearer: key, ...options });
  return { status, body: body as { error: boolean; msg: string; data: Data } };
};
const create = async (members: object = { name: 'Moderation' }) =>
  (await call('', { body: members })).body.data;
const join = (bearer: string, code: string) => call('/join', { bearer, body: { invite_code: code } });

test('a loop is created with an invite code, a join address and a QR code that is a picture', async () => {
  const response = await call('', {
    body: {
      name: 'Content Moderation LoopRequest',
      description: 'LoopRequest user content',
      icon: 'shield-check',
    },
  });
  expect(response).toEqual({
    status: 201,
    body: {
      error: false,
      msg: 'Loop created successfully with QR code',
      data: {
        loop: {
          id: id24,
          name: 'Content Moderation LoopRequest',
          description: 'LoopRequest user content',
          icon: 'shield-check',
          creator_id: creator.id,
          members: [{ user_id: creator.id, email: creator.email, status: 'active', joined_at: instant }],
          member_count: 1,
          pending_count: 0,
          created_at: instant,
          updated_at: instant,
        },
        invite_code: expect.stringMatching(/^[A-Z2-9]{9}$/),
        qr_code_base64: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
        qr_code_url: expect.stringMatching(/\/hitl\/qr\/[A-Z2-9]{9}\.png$/),
        join_url: expect.stringMatching(/\/join\/[A-Z2-9]{9}$/),
      },
    },
  });
  const { qr_code_base64: inline, qr_code_url: url } = response.body.data;
  const picture = Buffer.from(inline, 'base64');
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  const served = await fetch(api.url + new URL(url).pathname);
  expect(served.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await served.arrayBuffer()).equals(picture)).toBe(true);
  expect((await api.call('/hitl/qr/AAAAAAAAA.png')).status).toBe(404);
});

test('a loop is listed, read, changed and deleted', async () => {
  const owner = await createTestUser(services);
  const { key: bearer } = await makeKey(services, 'hitl', owner.id);
  const { loop: first } = (await call('', { bearer, body: { name: 'First' } })).body.data;
  const { loop } = (await call('', { bearer, body: { name: 'Second' } })).body.data;
  const list = await call('?limit=1', { bearer });
  expect(list.body).toEqual({
    error: false,
    msg: 'Loops retrieved successfully',
    data: {
      loops: [expect.objectContaining({ name: expect.any(String) })],
      count: 2,
      has_more: true,
      pagination: { limit: 1, offset: 0, next_offset: 1 },
    },
  });
  expect((await call('?limit=1&offset=1', { bearer })).body.data.loops).toHaveLength(1);
  expect((await call(`/${loop.id}`, { bearer })).body).toEqual({
    error: false,
    msg: 'Loop retrieved successfully',
    data: { loop },
  });
  const changed = await call(`/${loop.id}`, { bearer, method: 'PUT', body: { description: 'New' } });
  expect(changed.body).toMatchObject({
    msg: 'Loop updated successfully',
    data: { loop: { name: 'Second', description: 'New' } },
  });
  expect(await call(`/${loop.id}`, { bearer, method: 'DELETE' })).toEqual({
    status: 200,
    body: {
      error: false,
      msg: 'Loop deleted successfully',
      data: {
        loop_id: loop.id,
        deleted_at: instant,
        deleted_data: { members_removed: 1, requests_deleted: 0, responses_deleted: 0 },
      },
    },
  });
  const gone = await call(`/${loop.id}`, { bearer });
  expect(gone).toMatchObject({ status: 404, body: { error: true, msg: 'Loop not found' } });
  expect((await call(`/${first.id}`, { bearer })).status).toBe(200);
  expect(await listAuditActions(services, owner.id)).toEqual(
    expect.arrayContaining(['loop.created', 'loop.deleted']),
  );
});

const missing = (field: string) => ({
  msg: 'Invalid request body',
  data: { field, issue: 'Field is required' },
});
const broken = (data: string) => ({ msg: 'Validation failed', data });

test.each([
  ['no name', {}, missing('name')],
  ['an empty name', { name: ' ' }, broken('name must be between 1 and 100 characters')],
  ['a long name', { name: 'x'.repeat(101) }, broken('name must be between 1 and 100 characters')],
  [
    'a long description',
    { name: 'x', description: 'x'.repeat(501) },
    broken('description must have at most 500 characters'),
  ],
  [
    'a name that is no text',
    { name: 1 },
    { msg: 'Invalid request body', data: { field: 'name', issue: 'name must be a string' } },
  ],
  ['an unknown member', { name: 'x', colour: 'red' }, broken('colour is not known here')],
])('a loop with %s is refused', async (_what, body, told) => {
  expect(await call('', { body })).toEqual({ status: 400, body: { error: true, ...told } });
});

test('a list without a limit holds every loop, more than a hundred', async () => {
  const owner = await createTestUser(services);
  const { key: bearer } = await makeKey(services, 'hitl', owner.id);
  const now = services.clock.now();
  const loops = Array.from({ length: 150 }, (_, index) => ({
    id: newId(),
    product: 'hitl',
    environment: 'live',
    creator_id: owner.id,
    name: `Loop ${index}`,
    description: '',
    invite_code: newId(),
    invite_expires_at: now,
    created_at: now,
    updated_at: now,
  }));
  await services.db('loops').insert(loops);
  await services.db('loop_members').insert(
    loops.map(({ id }) => ({
      loop_id: id,
      user_id: owner.id,
      role: 'admin',
      joined_at: now,
      last_active_at: now,
    })),
  );
  const { body } = await call('', { bearer });
  expect(body.data.loops).toHaveLength(150);
  expect(Object.keys(body.data)).toEqual(['loops', 'count']);
  const rest = await call('?limit=100&offset=100', { bearer });
  expect(rest.body.data.loops).toHaveLength(50);
  expect(rest.body.data).toMatchObject({ count: 150, has_more: false, pagination: { next_offset: null } });
});

test('a reviewer signs in and joins by the code, once, however it was typed', async () => {
  const { loop, invite_code: code } = await create();
  const reviewer = await createTestUser(services);
  const bearer = await signInTo(api, reviewer.email);
  const joined = await join(bearer, ` ${code.toLowerCase()} `);
  expect(joined).toMatchObject({ status: 200, body: { msg: 'Loop joined successfully' } });
  expect(joined.body.data.loop).toMatchObject({ id: loop.id, member_count: 2, pending_count: 0 });
  expect((await join(bearer, code)).status).toBe(409);
  expect((await call(`/${loop.id}`, { bearer })).status).toBe(200);
  const members = await call(`/${loop.id}/members`);
  expect(members.body).toEqual({
    error: false,
    msg: 'Loop members retrieved successfully',
    data: {
      members: [
        {
          user_id: creator.id,
          email: creator.email,
          status: 'active',
          joined_at: instant,
          role: 'admin',
          last_active: instant,
        },
        {
          user_id: reviewer.id,
          email: reviewer.email,
          status: 'active',
          joined_at: instant,
          role: 'member',
          last_active: instant,
        },
      ],
      total_count: 2,
      active_count: 2,
      pending_count: 0,
      statistics: { avg_join_time_days: 0, newest_member_joined: instant, oldest_member_joined: instant },
    },
  });
});

test('an address is invited by mail and joins with the code in it; nobody else can use that code', async () => {
  const { loop } = await create({ name: 'By mail' });
  const [invited, other] = [await createTestUser(services), await createTestUser(services)];
  const response = await call(`/${loop.id}/members`, { body: { email: invited.email } });
  expect(response).toEqual({
    status: 201,
    body: {
      error: false,
      msg: 'Member invited successfully',
      data: {
        member: {
          user_id: id24,
          email: invited.email,
          status: 'pending',
          joined_at: null,
          role: 'member',
          last_active: null,
        },
      },
    },
  });
  // Whether the address has an account is not told.
  expect(response.body.data.member.user_id).not.toBe(invited.id);
  expect((await call(`/${loop.id}/members`, { body: { email: invited.email } })).status).toBe(409);
  expect((await call(`/${loop.id}`)).body.data.loop).toMatchObject({ member_count: 2, pending_count: 1 });
  const code = /\/join\/(\w+)/.exec((await getNewestMail(services, invited.email)).text)?.[1] ?? '';
  expect((await join(await signInTo(api, other.email), code)).status).toBe(404);
  expect((await join(await signInTo(api, invited.email), code)).status).toBe(200);
  expect((await call(`/${loop.id}`)).body.data.loop).toMatchObject({ member_count: 2, pending_count: 0 });
  expect((await call(`/${loop.id}/members`, { body: { email: invited.email } })).status).toBe(409);
});

test('an invitation can be taken back, a member removed, and the creator never', async () => {
  const { loop, invite_code: code } = await create();
  const reviewer = await createTestUser(services);
  const bearer = await signInTo(api, reviewer.email);
  await join(bearer, code);
  const { member } = (await call(`/${loop.id}/members`, { body: { email: 'later@example.com' } })).body.data;
  for (const userId of [member.user_id, reviewer.id]) {
    expect(await call(`/${loop.id}/members/${userId}`, { method: 'DELETE' })).toEqual({
      status: 200,
      body: {
        error: false,
        msg: 'Member removed successfully',
        data: { loop_id: loop.id, user_id: userId, removed_at: instant },
      },
    });
  }
  expect((await call(`/${loop.id}`, { bearer })).body.msg).toBe('Access denied to this resource');
  expect((await call(`/${loop.id}/members/${reviewer.id}`, { method: 'DELETE' })).body.msg).toBe(
    'Member not found',
  );
  const own = await call(`/${loop.id}/members/${creator.id}`, { method: 'DELETE' });
  expect(own).toMatchObject({ status: 409, body: { msg: 'The creator of a loop cannot be removed' } });
});

test('one person who joins 50 times at once is in once', async () => {
  const { loop, invite_code: code } = await create();
  const reviewer = await createTestUser(services);
  const bearer = await signInTo(api, reviewer.email);
  const responses = await Promise.all(Array.from({ length: 50 }, () => join(bearer, code)));
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(responses.filter(({ status }) => status === 409)).toHaveLength(49);
  expect((await call(`/${loop.id}`)).body.data.loop.member_count).toBe(2);
});

test('a new code ends the old one', async () => {
  const { loop, invite_code: old } = await create();
  const renewed = await call(`/${loop.id}/invite`, { method: 'POST' });
  expect(renewed.body).toMatchObject({
    msg: 'Invite code renewed successfully',
    data: { expires_at: instant },
  });
  const reviewer = await createTestUser(services);
  const bearer = await signInTo(api, reviewer.email);
  expect((await join(bearer, old)).body.msg).toBe('Invite code is invalid or has expired');
  expect((await join(bearer, renewed.body.data.invite_code)).status).toBe(200);
});

test('a test loop is unknown to live keys, mails nobody, and cannot be joined by a person', async () => {
  const { key: bearer } = await makeKey(services, 'hitl', creator.id, { environment: 'test' });
  const { loop, invite_code: code } = (await call('', { bearer, body: { name: 'Try' } })).body.data;
  expect((await call(`/${loop.id}`)).status).toBe(404);
  expect((await call('', { bearer })).body.data.count).toBe(1);
  await call(`/${loop.id}/members`, { bearer, body: { email: 'nobody@example.com' } });
  expect(await listSubjects(services, 'nobody@example.com')).toEqual([]);
  const reviewer = await createTestUser(services);
  expect((await join(await signInTo(api, reviewer.email), code)).status).toBe(404);
});

test('a key can be narrowed to any of the four permissions, and each route asks for its own', async () => {
  const { loop } = await create();
  const product = getProduct('hitl');
  const actor = { kind: 'person', id: creator.id } as const;
  const narrow = async (permissions: string[]) =>
    (
      await createApiKey(
        services,
        { product, owner: { userId: creator.id }, environment: 'live', permissions },
        actor,
      )
    ).key;
  const reader = await narrow(['loops:read']);
  const writer = await narrow(['loops:write']);
  expect((await call(`/${loop.id}`, { bearer: reader })).status).toBe(200);
  const refused = await call(`/${loop.id}`, { bearer: reader, method: 'PUT', body: { name: 'x' } });
  expect(refused).toEqual({ status: 403, body: { error: true, msg: 'Access denied to this resource' } });
  expect((await call(`/${loop.id}`, { bearer: writer, method: 'PUT', body: { name: 'x' } })).status).toBe(
    200,
  );
  expect((await call('', { bearer: writer })).status).toBe(403);
});

test('invitations end after seven days, by code and by mail', async () => {
  const { loop, invite_code: code } = await create();
  const [invited, reviewer] = [await createTestUser(services), await createTestUser(services)];
  await call(`/${loop.id}/members`, { body: { email: invited.email } });
  const personal = /\/join\/(\w+)/.exec((await getNewestMail(services, invited.email)).text)?.[1] ?? '';
  clock.advance(week - 60_000);
  expect((await join(await signInTo(api, reviewer.email), code)).status).toBe(200);
  clock.advance(120_000);
  const late = await createTestUser(services);
  expect((await join(await signInTo(api, late.email), code)).status).toBe(404);
  expect((await join(await signInTo(api, invited.email), personal)).status).toBe(404);
  expect((await call(`/${loop.id}`)).body.data.loop.pending_count).toBe(0);
  expect((await call(`/${loop.id}/members`, { body: { email: invited.email } })).status).toBe(201);
});
