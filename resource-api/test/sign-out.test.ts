/** Signing out of a product's API: the JWT that asks ends for good, in every process, and no other does. */
import { issueSessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import { getProduct } from '../../shared/products/index.js';
import { createTestUser, listAuditActions } from '../../shared/testing/people.js';
import { createTestServices } from '../../shared/testing/services.js';
import { anotherProcess, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1000 });
const api = await startApi(services);
const other = await startApi(anotherProcess(services));

test.each([
  ['humanping', '/humanping/api/v1/worker/signout', '/humanping/api/v1/worker/me', 'worker'],
  ['haas', '/haas/v1/auth/signout', '/haas/v1/me', 'worker'],
  ['agenthuman', '/agenthuman/v1/auth/signout', '/agenthuman/v1/api-keys', 'user'],
  ['hitl', '/hitl/v1/api/auth/signout', '/hitl/v1/api/requests', 'user'],
] as const)('%s: POST %s ends the JWT that asks and leaves the others', async (id, path, own, role) => {
  const user = await createTestUser(services, { human: true });
  const product = getProduct(id);
  const issue = async () => (await issueSessionJwt(services, product, { user, role })).token;
  const [ended, kept] = [await issue(), await issue()];
  const statuses = () =>
    Promise.all(
      [api, other].flatMap((process) =>
        [ended, kept].map(async (bearer) => (await process.call(own, { bearer })).status),
      ),
    );
  expect(await statuses()).toEqual([200, 200, 200, 200]);
  expect((await api.call(path, { method: 'GET', bearer: ended })).status).toBe(405);
  expect((await api.call(path, { method: 'POST' })).status).toBe(401);
  expect((await api.call(path, { method: 'POST', bearer: ended })).status).toBe(200);
  expect(await statuses()).toEqual([401, 200, 401, 200]);
  expect((await api.call(path, { method: 'POST', bearer: ended })).status).toBe(401);
  expect(await listAuditActions(services, user.id)).toContain('jwt.ended');
});
