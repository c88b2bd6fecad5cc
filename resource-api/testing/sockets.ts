/** A WebSocket client for tests: what comes is kept until somebody asks for it. */
import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { whenFileEnds } from '../../shared/testing/services.js';

export type Message = Record<string, unknown>;

export interface SocketClient {
  webSocket: WebSocket;
  send(message: unknown): void;
  /** The next message that comes, or came. */
  next(): Promise<Message>;
  /** Code and reason, once it is closed. */
  closed: Promise<{ code: number; reason: string }>;
}

/** Settles when the connection stands; rejects when it is refused. */
export async function openSocket(url: string, options: ClientOptions = {}): Promise<SocketClient> {
  const webSocket = new WebSocket(url.replace('http', 'ws'), options);
  const kept: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  webSocket.on('message', (data) => {
    const message = JSON.parse(String(data));
    const taker = waiting.shift();
    if (taker) taker(message);
    else kept.push(message);
  });
  const closed = once(webSocket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  closed.catch(() => undefined);
  whenFileEnds(async () => webSocket.terminate());
  await once(webSocket, 'open');
  return {
    webSocket,
    closed,
    send: (message) => webSocket.send(JSON.stringify(message)),
    next: () => {
      const message = kept.shift();
      return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** The answer to a handshake that is refused. */
export async function refusedHandshake(url: string, options: ClientOptions = {}) {
  const webSocket = new WebSocket(url.replace('http', 'ws'), options);
  webSocket.on('error', () => undefined);
  const [, response] = await once(webSocket, 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) };
}
