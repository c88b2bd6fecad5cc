/**
 * A WebSocket of ours: it shows that it lives, it ends when the other side does not, and it takes messages that are
 * small and few. Heartbeats come twice: as pings, which the other side's library answers, and as messages, since a
 * page in a browser does not see pings.
 */
import { type WebSocket, WebSocketServer } from 'ws';
import type { SocketUpgrade } from '../../../routing/socket-route.js';

const maximumMessageBytes = 64 * 1024;
/** Messages that one side may send between two heartbeats. */
const messagesPerBeat = 60;
const lastWordsMs = 1_000;

/** 1001, 1003, 1008, 1011: RFC 6455 section 7.4.1; from 4000 on they are ours. */
export const closeCodes = {
  goingAway: 1001,
  unsupported: 1003,
  tooMuch: 1008,
  internal: 1011,
  credentialEnded: 4401,
  consentEnded: 4403,
} as const;

export interface Connection {
  send(message: unknown): void;
  /** A frame that is text already. */
  sendText(text: string): void;
  /** Closes in order; after a second in any case. */
  close(code: number, reason: string): void;
}

export interface ConnectionHandlers {
  heartbeatMs: number;
  now(): Date;
  /** A message, parsed; undefined for one that is no JSON. */
  onMessage(message: unknown): void;
  onBeat(): void;
  onClose(): void;
}

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: maximumMessageBytes,
});

/** Finishes the handshake; `onOpen` is called in the same turn as the connection stands. */
export function openConnection(
  { req, socket, head }: SocketUpgrade,
  onOpen: (connection: Connection) => ConnectionHandlers,
): void {
  server.handleUpgrade(req, socket, head, (webSocket) => {
    const connection = connectionOf(webSocket);
    attend(webSocket, connection, onOpen(connection));
  });
}

function connectionOf(webSocket: WebSocket): Connection {
  const sendText = (text: string) => {
    if (webSocket.readyState === webSocket.OPEN) webSocket.send(text);
  };
  return {
    sendText,
    send: (message) => sendText(JSON.stringify(message)),
    close(code, reason) {
      webSocket.close(code, reason);
      setTimeout(() => webSocket.terminate(), lastWordsMs).unref();
    },
  };
}

function attend(webSocket: WebSocket, connection: Connection, handlers: ConnectionHandlers): void {
  let answered = true;
  let messages = 0;
  const beat = setInterval(() => {
    if (!answered) {
      webSocket.terminate();
      return;
    }
    answered = false;
    messages = 0;
    webSocket.ping();
    connection.send({ type: 'heartbeat', timestamp: handlers.now().toISOString() });
    handlers.onBeat();
  }, handlers.heartbeatMs);

  webSocket.on('pong', () => {
    answered = true;
  });
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('message', (data, isBinary) => {
    messages += 1;
    if (messages > messagesPerBeat) connection.close(closeCodes.tooMuch, 'too many messages');
    else if (isBinary) connection.close(closeCodes.unsupported, 'send text');
    else handlers.onMessage(parse(String(data)));
  });
  webSocket.on('close', () => {
    clearInterval(beat);
    handlers.onClose();
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
