/** Development mail holds links and codes that sign in: only this machine reads it. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAuthServer } from '../testing/authorization-flow.js';

const { app } = await startAuthServer({ trustedProxies: 1 });

async function get(headers: Record<string, string>, peer?: string, path = '/dev/mail.json'): Promise<number> {
  const server = createServer((req, res) => {
    if (peer !== undefined) Object.defineProperty(req.socket, 'remoteAddress', { value: peer });
    app.handler(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request({ port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return status;
}

test.each(['/dev/mail', '/dev/mail.json'])('%s is served to this machine', async (path) => {
  expect(await get({}, undefined, path)).toBe(200);
  expect(await get({}, '::ffff:127.0.0.1', path)).toBe(200);
  expect(await get({}, '::1', path)).toBe(200);
});

test.each(['/dev/mail', '/dev/mail.json'])('%s is not there for another machine', async (path) => {
  for (const peer of ['192.0.2.9', '10.0.0.3', '::ffff:10.0.0.3', '2001:db8::1', '']) {
    expect([peer, await get({}, peer, path)]).toEqual([peer, 404]);
  }
});

test.each(['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'])(
  'it is not there for a request with %s',
  async (name) => {
    expect(await get({ [name]: '127.0.0.1' })).toBe(404);
  },
);

test('it is not there under the name of another site', async () => {
  expect(await get({ host: 'rebound.example' })).toBe(404);
});
