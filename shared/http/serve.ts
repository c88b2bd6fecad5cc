/**
 * An HTTP server that stops without breaking a promise: every call that was accepted is answered, new connections
 * are refused. Node's own `close` ends idle keep-alive connections at once, and with them the call that a client
 * is just sending on one; here they get a moment in which such a call is still served, with `Connection: close`.
 */
import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';

/** What a server serves. */
export interface App {
  handler: RequestListener;
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /**
   * Called when the server has stopped listening, while accepted calls may still run: ends streams, WebSockets and
   * whatever waits for something to happen, and settles when background work is done.
   */
  close(): Promise<void>;
}

export interface ServeOptions extends Pick<App, 'handler' | 'upgrade'> {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** The variable that sets the port, for the message when it is taken. */
  portName?: string;
}

export interface RunningServer {
  port: number;
  /** Where it listens; its public address may be another. */
  url: string;
  /** Stops listening, waits for accepted calls, and breaks off what is left after 20 seconds. */
  close(): Promise<void>;
}

/** How long idle connections may still bring a call while the server stops. */
const idleGraceMs = 250;
const drainDeadlineMs = 20_000;

/** Throws a StartupError when the address cannot be listened on. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { handler, upgrade, host } = options;
  const server = createServer({
    ...(upgrade && { IncomingMessage: WebSocketAwareRequest }),
    // A client that trickles its request in (slowloris) is cut off.
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
    // Longer than the usual minute of a load balancer, so that it is never us who closes under its feet.
    keepAliveTimeout: 65_000,
  });
  const responses = new Set<ServerResponse>();
  const upgraded = new Set<Duplex>();
  let closing: Promise<void> | undefined;

  server.on('request', (request, response) => {
    responses.add(response);
    response.once('close', () => responses.delete(response));
    if (closing !== undefined) response.setHeader('connection', 'close');
    handler(request, response);
  });
  if (upgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      upgraded.add(socket);
      socket.once('close', () => upgraded.delete(socket));
      upgrade(request, socket, head);
    });
  }
  await listen(server, options);
  const { port } = server.address() as AddressInfo;

  async function drain(): Promise<void> {
    const ended = stopListening(server);
    for (const response of responses) {
      if (!response.headersSent) response.setHeader('connection', 'close');
    }
    const deadline = AbortSignal.timeout(drainDeadlineMs);
    const cutOff = () => {
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
    };
    deadline.addEventListener('abort', cutOff);
    await Promise.race([ended, sleep(idleGraceMs)]);
    const sweeper = setInterval(() => server.closeIdleConnections(), 50);
    await ended;
    clearInterval(sweeper);
    deadline.removeEventListener('abort', cutOff);
  }

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => {
      closing ??= drain();
      return closing;
    },
  };
}

/**
 * A request that Node hands to the `upgrade` listener only when it asks for a WebSocket. Clients offer other protocols
 * by themselves (`h2c`, `TLS/1.2`); a server may ignore the field and respond as usual (RFC 9110 section 7.8). Node
 * would otherwise take every `Upgrade` field for an upgrade as soon as there is a listener.
 */
class WebSocketAwareRequest extends IncomingMessage {
  /** What the parser has found; set before the header fields are known. */
  declare asksForUpgrade: boolean | null;

  get upgrade(): boolean | null {
    if (!this.asksForUpgrade || this.method === 'CONNECT') return this.asksForUpgrade;
    return this.method === 'GET' && webSocket.test(this.headers.upgrade ?? '');
  }

  set upgrade(found: boolean | null) {
    this.asksForUpgrade = found;
  }
}

/** `websocket` among the protocols of an `Upgrade` field, which is a list. */
const webSocket = /(?:^|,)\s*websocket\s*(?:,|$)/i;

async function listen(server: Server, { host, port, portName }: ServeOptions): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = portName === undefined ? '' : ` or set ${portName} to another port`;
    if (code === 'EADDRINUSE') {
      throw new StartupError(
        `Port ${port} on ${host} is in use: stop the program that listens there${remedy}.`,
      );
    }
    throw new StartupError(`Port ${port} on ${host} cannot be listened on: ${message}.`);
  }
}

/**
 * Connections that the system has accepted for us and we have not yet seen are taken in first. The method of
 * net.Server is called because that of http.Server also ends idle connections.
 * @returns settles when the last connection has ended
 */
async function stopListening(server: Server): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const ended = once(server, 'close');
  NetServer.prototype.close.call(server);
  await ended;
}
