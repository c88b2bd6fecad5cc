/** Joining a loop by the link that an invitation or a QR code carries. */
import { createUser } from '../../../shared/identity/people/users.js';
import { createTestServices } from '../../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const creator = await makePerson(services);
const { key } = await makeKey(services, 'hitl', creator.id);
const password = 'a long enough password';
const reviewer = await createUser(services, {
  email: 'rev@example.com',
  name: 'Rev',
  password,
  verified: true,
});

const made = await api.call('/hitl/v1/api/loops', { bearer: key, body: { name: 'Tone', icon: 'chat' } });
const { data } = made.body as { data: { join_url: string; loop: { id: string } } };
const path = new URL(data.join_url).pathname;

const post = (fields: Record<string, string>) =>
  api.call(path, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
const members = async () => {
  const response = await api.call(`/hitl/v1/api/loops/${data.loop.id}/members`, { bearer: key });
  return (response.body as { data: { total_count: number } }).data.total_count;
};

test('the link leads to a page that loads nothing and asks who you are', async () => {
  const page = await api.call(path);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.text).toContain('name="password"');
});

test('a wrong password joins nobody, and what was typed is escaped', async () => {
  const page = await post({ email: '"><script>x@example.com', password: 'wrong-password' });
  expect(page.status).toBe(400);
  expect(page.text).not.toContain('<script>');
  expect(await members()).toBe(1);
});

test('the right one joins once', async () => {
  const page = await post({ email: reviewer.email, password });
  expect(page.text).toContain('You are in the loop &quot;Tone&quot;');
  expect(await members()).toBe(2);
  expect((await post({ email: reviewer.email, password })).text).toContain('member of this loop already');
  expect(await members()).toBe(2);
});

test('a code that is wrong lets nobody in', async () => {
  const page = await api.call('/hitl/join/NOSUCHCODE', {
    method: 'POST',
    body: new URLSearchParams({ email: reviewer.email, password }).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect([page.status, page.text.includes('Invite code is invalid or has expired')]).toEqual([400, true]);
});
