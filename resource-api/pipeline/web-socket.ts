/**
 * Serves the handshakes of WebSockets. They take the same pipeline as every other request; a caller who may not
 * connect gets the failure in the product's envelope, as the response to the handshake.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MountedProduct } from '../routing/mounted-product.js';
import { createProductFinder } from '../routing/product-finder.js';
import { transportFields } from '../routing/transport.js';
import { logRequest } from './access-log.js';
import { jsonType, runPipeline } from './lifecycle.js';
import type { Pipeline } from './pipeline.js';
import { createContext, type RequestContext } from './request-context.js';
import { responseHeaders } from './response/response-headers.js';

/** Makes the server's `upgrade` listener for the sockets of all products. */
export function createUpgrade(
  pipeline: Pipeline,
  products: ReadonlyMap<string, MountedProduct>,
  newRequestId: () => string,
): (req: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { config } = pipeline.services;
  const findProduct = createProductFinder(config, products);

  return (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    const target = req.url ?? '';
    const url = URL.canParse(target, 'ws://socket') ? new URL(target, 'ws://socket') : undefined;
    const found = url && findProduct(req.headers.host, url.pathname);
    if (!found) {
      const requestId = newRequestId();
      const headers = {
        ...transportFields(config, req),
        'X-Request-Id': requestId,
        'Content-Type': jsonType,
      };
      refuse(socket, 404, headers, JSON.stringify({ error: 'not_found', request_id: requestId }));
      return;
    }
    const context = createContext({
      pipeline,
      mounted: found.mounted,
      req,
      upgrade: { req, socket, head },
      method: 'GET',
      path: found.path,
      query: url.search.slice(1),
      requestId: newRequestId(),
      baseUrl: found.baseUrl,
    });
    void connect(context, socket);
  };
}

async function connect(context: RequestContext, socket: Duplex): Promise<void> {
  const begunAt = performance.now();
  const reply = await runPipeline(context);
  const { status, body } = reply;
  logRequest(context, status, performance.now() - begunAt);
  if (status !== 101) refuse(socket, status, responseHeaders(context, reply), String(body ?? ''));
}

function refuse(socket: Duplex, status: number, headers: Record<string, string>, text: string): void {
  if (socket.destroyed) return;
  const fields = { ...headers, Connection: 'close', 'Content-Length': String(Buffer.byteLength(text)) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`);
}
