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
