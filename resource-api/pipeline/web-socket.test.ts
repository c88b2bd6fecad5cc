/** WebSockets: who may not connect is told in the handshake, and a socket ends with its credential. */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { revokeApiKey } from '../../shared/identity/api-keys/api-key-changes.js';
import { products } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import type { ProductApi } from '../routing/product-api.js';
import { apiKey } from '../routing/route.js';
import { socket } from '../routing/socket-route.js';
import { rawCall } from '../testing/raw-call.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices({ rateLimitFactor: 1_000 });
const product = products.find(({ connections }) => connections !== undefined);
if (!product) throw new Error('no product counts connections');
const places = product.connections ?? 0;

const sockets = new WebSocketServer({ noServer: true });
const live: ProductApi = {
  product,
  routes: [],
  sockets: [
    socket('/live', { by: [apiKey()], queryToken: true }, ({ caller, ended }, { req, socket: raw, head }) => {
      sockets.handleUpgrade(req, raw, head, (connection) => {
        ended.addEventListener('abort', () => connection.close(4401));
        connection.send(caller.keyId);
      });
    }),
    socket('/closed', { by: [] }, () => undefined),
  ],
};
const api = await startApi(services, [live]);
const person = await makePerson(services);
const newKey = () => makeKey(services, product.id, person.id);
const at = (path: string) => `${api.url.replace('http', 'ws')}/${product.id}${path}`;

async function connect(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const client = new WebSocket(url, { headers });
  const [message] = await once(client, 'message');
  expect(String(message)).toMatch(/^[0-9a-f]{24}$/);
  return client;
}

/** The answer to a handshake that is refused. */
async function refusal(url: string, headers: Record<string, string> = {}) {
  const client = new WebSocket(url, { headers });
  client.on('error', () => undefined);
  const [, response] = await once(client, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) };
}

afterAll(() => {
  for (const client of sockets.clients) client.terminate();
});

test('a key opens a socket from the header or from the query, where that is documented', async () => {
  const { key } = await newKey();
  (await connect(at('/live'), { Authorization: `Bearer ${key}` })).terminate();
  (await connect(at(`/live?token=${key}`))).terminate();
});

test('a bad credential, a wrong kind and an unknown path are refused in the handshake', async () => {
  const { key } = await newKey();
  const missing = await refusal(at('/live'));
  expect(missing).toMatchObject({ status: 401, body: { error: { code: 401 } } });
  expect(missing.headers['www-authenticate']).toMatch(/^Bearer /);
  expect((await refusal(at('/live?token=wrong'))).status).toBe(401);
  expect((await refusal(at(`/closed?token=${key}`))).status).toBe(401);
  expect((await refusal(at('/nothing'), { Authorization: `Bearer ${key}` })).status).toBe(404);
  expect((await refusal(at(`/live?token=${key}`), { Authorization: `Bearer ${key}` })).status).toBe(400);
  expect((await refusal(api.url.replace('http', 'ws'))).status).toBe(404);
  expect((await refusal(`${api.url.replace('http', 'ws')}//`)).status).toBe(404);
});

test('one key holds so many connections and no more; one that closes makes room', async () => {
  const { key } = await newKey();
  const open: WebSocket[] = [];
  while (open.length < places) open.push(await connect(at(`/live?token=${key}`)));
  const refused = await refusal(at(`/live?token=${key}`));
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  open.pop()?.terminate();
  const deadline = performance.now() + 5_000;
  let again: WebSocket | undefined;
  while (!again && performance.now() < deadline) {
    again = await connect(at(`/live?token=${key}`)).catch(() => undefined);
  }
  expect(again).toBeDefined();
  for (const client of [...open, again]) client?.terminate();
});

test('a socket is told when its key is revoked', async () => {
  const { id, key } = await newKey();
  const client = await connect(at(`/live?token=${key}`));
  const closed = once(client, 'close');
  await revokeApiKey(services, { id }, { kind: 'person', id: person.id });
  expect((await closed)[0]).toBe(4401);
});

test('a request that offers another protocol is served as plain HTTP, its body too', async () => {
  const { key } = await newKey();
  const headers = ['Upgrade', 'h2c', 'Connection', 'Upgrade', 'Authorization', `Bearer ${key}`];
  const { status, headers: fields } = await rawCall(`${api.url}/${product.id}/live`, headers);
  expect(status).toBe(404);
  expect(fields['x-request-id']).toMatch(/^req_/);
  expect(fields['content-type']).toMatch(/json/);
});
