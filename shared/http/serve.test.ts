import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type RunningServer, serve } from './serve.js';

const host = '127.0.0.1';

function hold() {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release };
}

/** Whether a new connection is let in. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, host);
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}

async function ask(server: RunningServer, agent?: Agent): Promise<IncomingMessage> {
  const request = get(server.url, { agent });
  const [response] = await once(request, 'response');
  return response;
}

test('a call in flight is answered while new connections are refused', async () => {
  const arrived = hold();
  const answer = hold();
  const handler: RequestListener = async (_request, response) => {
    arrived.release();
    await answer.released;
    response.end('served');
  };
  const server = await serve({ handler, host, port: 0 });
  const call = ask(server);
  await arrived.released;
  const closed = server.close();
  while (await accepts(server.port));
  answer.release();
  const response = await call;
  expect(await text(response)).toBe('served');
  expect(response.headers.connection).toBe('close');
  await closed;
});

test('a call on an idle keep-alive connection is still served while the server stops', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = await serve({ handler: (_request, response) => response.end('served'), host, port: 0 });
  await text(await ask(server, agent));
  const closed = server.close();
  const second = await ask(server, agent);
  expect(await text(second)).toBe('served');
  expect(second.headers.connection).toBe('close');
  await closed;
});

test('an idle server with open keep-alive connections stops within two seconds', async () => {
  const agent = new Agent({ keepAlive: true });
  const server = await serve({ handler: (_request, response) => response.end(), host, port: 0 });
  await text(await ask(server, agent));
  const begun = performance.now();
  await server.close();
  expect(performance.now() - begun).toBeLessThan(2_000);
  agent.destroy();
});

test('a busy port is one sentence that names the setting', async () => {
  const handler: RequestListener = (_request, response) => response.end('first');
  const first = await serve({ handler, host, port: 0 });
  const second = serve({ handler, host, port: first.port, portName: 'AUTH_PORT' });
  await expect(second).rejects.toThrow(
    `Port ${first.port} on 127.0.0.1 is in use: stop the program that listens there or set AUTH_PORT to another port.`,
  );
  expect(await text(await ask(first))).toBe('first');
  await first.close();
});

describe('an Upgrade field', () => {
  const upgrades: string[] = [];
  const start = () =>
    serve({
      handler: async (request, response) => response.end(`${request.method} ${await text(request)}`),
      upgrade: (request, socket) => {
        upgrades.push(request.headers.upgrade ?? '');
        socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n\r\n');
      },
      host,
      port: 0,
    });

  /** Everything that the server sends back for these lines. */
  async function exchange(port: number, lines: string[], body = ''): Promise<string> {
    const socket = connect(port, host);
    socket.write(`${lines.join('\r\n')}\r\nHost: localhost\r\n\r\n${body}`);
    return text(socket);
  }

  test.each(['h2c', 'TLS/1.2', 'h2c, TLS/1.2', 'x-websocket'])(
    'for %s is ignored, and the body is read (RFC 9110 section 7.8)',
    async (protocol) => {
      const server = await start();
      const fields = [`Upgrade: ${protocol}`, 'Connection: Upgrade, HTTP2-Settings, close'];
      const get = await exchange(server.port, ['GET / HTTP/1.1', ...fields]);
      expect(get).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*GET /);
      const post = await exchange(
        server.port,
        ['POST / HTTP/1.1', ...fields, 'Content-Length: 7'],
        '{"a":1}',
      );
      expect(post).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*POST \{"a":1\}/);
      expect(upgrades).toEqual([]);
      await server.close();
    },
  );

  test('for a WebSocket is an upgrade when it is a GET, and no other method', async () => {
    const server = await start();
    const fields = ['Upgrade: WebSocket', 'Connection: Upgrade, close'];
    expect(await exchange(server.port, ['GET / HTTP/1.1', ...fields])).toMatch(/^HTTP\/1.1 426 /);
    expect(
      await exchange(server.port, ['GET / HTTP/1.1', 'Upgrade: h2c, websocket', fields[1] ?? '']),
    ).toMatch(/^HTTP\/1.1 426 /);
    expect(await exchange(server.port, ['POST / HTTP/1.1', ...fields, 'Content-Length: 2'], 'hi')).toMatch(
      /POST hi/,
    );
    expect(upgrades).toEqual(['WebSocket', 'h2c, websocket']);
    await server.close();
  });

  test('a connection that ignored an upgrade stays open for the next request', async () => {
    const server = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 3; round += 1) {
      const request = get(server.url, { agent, headers: { Upgrade: 'h2c', Connection: 'Upgrade' } });
      const [response] = await once(request, 'response');
      expect(await text(response)).toBe('GET ');
    }
    agent.destroy();
    await server.close();
  });
});
