import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { createGuardedFetch, type OutboundLimits } from './outbound.js';

const allowLoopback = { production: false, outboundAllow: ['127.0.0.0/8'] };
const servers: (Server | TcpServer)[] = [];

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listen(createServer(listener))}`;
const fetchWith = (limits: OutboundLimits = {}) => createGuardedFetch(allowLoopback, limits);

afterEach(() => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
});

test('it sends method, headers and body, and brings the answer', async () => {
  const url = await serve((req, res) => {
    req.setEncoding('utf8').on('data', (body) => {
      res.setHeader('x-seen', `${req.method} ${req.url} ${req.headers['content-type']}`);
      res.statusCode = 201;
      res.end(body);
    });
  });
  const response = await fetchWith()(`${url}/path?x=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-seen')).toBe('POST /path?x=1 application/json');
  expect(await response.json()).toEqual({ a: 1 });
});

test('a form body says what it is, and an empty answer is empty', async () => {
  const url = await serve((req, res) => {
    res.writeHead(req.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? 204 : 400);
    res.end();
  });
  const response = await fetchWith()(url, { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
  expect(response.status).toBe(204);
  expect(await response.text()).toBe('');
});

test.each([
  'http://127.0.0.1',
  'http://[::1]',
  'http://0x7f.1',
  'http://2130706433',
  'http://[::ffff:7f00:1]',
])('%s is refused without a connection', async (host) => {
  let connections = 0;
  const counting = createTcpServer(() => {
    connections += 1;
  });
  const port = await listen(counting);
  const guarded = createGuardedFetch({ production: false, outboundAllow: [] });
  await expect(guarded(`${host}:${port}/`)).rejects.toMatchObject({ problem: 'address_refused' });
  expect(connections).toBe(0);
});

test('a name with one private address among public ones is refused', async () => {
  const guarded = createGuardedFetch(
    { production: false, outboundAllow: [] },
    { resolve: async () => ['93.184.215.14', '10.0.0.1'] },
  );
  await expect(guarded('http://mixed.example/')).rejects.toMatchObject({ problem: 'address_refused' });
});

test('the connection goes to the address that was checked, whatever the name says later', async () => {
  const url = new URL(await serve((req, res) => res.end(req.headers.host)));
  const responses = [['127.0.0.1'], ['169.254.169.254']];
  let asked = 0;
  const guarded = fetchWith({ resolve: async () => responses[asked++] ?? [] });
  const response = await guarded(`http://rebinding.example:${url.port}/`);
  expect(await response.text()).toBe(`rebinding.example:${url.port}`);
  expect(asked).toBe(1);
  await expect(guarded(`http://rebinding.example:${url.port}/`)).rejects.toMatchObject({
    problem: 'address_refused',
  });
});

test('a redirect is an answer and is not followed', async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((req, res) => {
    paths.push(req.url);
    res.writeHead(302, { location: '/inside' }).end();
  });
  const response = await fetchWith()(`${url}/start`);
  expect(response.status).toBe(302);
  expect(paths).toEqual(['/start']);
});

test('a silent server is left after the total time', async () => {
  const url = await serve(() => undefined);
  await expect(fetchWith({ totalTimeoutMs: 50 })(url)).rejects.toMatchObject({ problem: 'timeout' });
});

test('a server that drips its answer is left after the total time', async () => {
  const url = await serve((_req, res) => {
    const timer = setInterval(() => res.write('.'), 10);
    res.on('close', () => clearInterval(timer));
  });
  await expect(fetchWith({ totalTimeoutMs: 80 })(url)).rejects.toMatchObject({ problem: 'timeout' });
});

test('a name server that is silent does not outlast the total time', async () => {
  const guarded = fetchWith({ totalTimeoutMs: 50, resolve: () => new Promise(() => undefined) });
  await expect(guarded('http://slow.example/')).rejects.toMatchObject({ problem: 'timeout' });
});

test('a connection that never finishes its TLS handshake is left early', async () => {
  const port = await listen(createTcpServer((socket) => void socket.on('error', () => undefined)));
  const guarded = fetchWith({ connectTimeoutMs: 50 });
  await expect(guarded(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
    problem: 'timeout',
    message: 'no connection in time',
  });
});

test('an answer that is too long fails, or is cut where its beginning is enough', async () => {
  const url = await serve((_req, res) => res.end('x'.repeat(100_000)));
  await expect(fetchWith()(url)).rejects.toMatchObject({ problem: 'too_large' });
  const cut = await fetchWith({ maxBytes: 10, longer: 'cut' })(url);
  expect(await cut.text()).toBe('xxxxxxxxxx');
});

test('a server that hangs up and one that is not there are failed connections', async () => {
  const url = await serve((req) => req.socket.destroy());
  await expect(fetchWith()(url)).rejects.toMatchObject({ problem: 'connection_failed' });
  const gone = createServer();
  const port = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  await expect(fetchWith()(`http://127.0.0.1:${port}`)).rejects.toMatchObject({
    problem: 'connection_failed',
    message: 'ECONNREFUSED',
  });
});

test('a name that does not exist is said to be so', async () => {
  const guarded = fetchWith({ resolve: async () => [] });
  await expect(guarded('http://nowhere.example/')).rejects.toMatchObject({ problem: 'name_not_found' });
});

test('in production http is refused, and nowhere other schemes and user names', async () => {
  const guarded = createGuardedFetch({ production: true, outboundAllow: ['127.0.0.0/8'] });
  await expect(guarded('http://127.0.0.1/')).rejects.toMatchObject({ problem: 'https_required' });
  for (const url of ['ftp://a.example/', 'file:///etc/passwd', 'https://user:pass@a.example/', 'nonsense']) {
    await expect(guarded(url)).rejects.toMatchObject({ problem: 'url_invalid' });
  }
});

test("the caller's own signal ends a call with its own reason", async () => {
  const url = await serve(() => undefined);
  const controller = new AbortController();
  const response = fetchWith()(url, { signal: controller.signal });
  controller.abort(new Error('changed my mind'));
  await expect(response).rejects.toThrow('changed my mind');
});
