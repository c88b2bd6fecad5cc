/**
 * The corridor for WebSockets. Whoever may not connect is told so in the handshake, in the product's envelope; a
 * socket that is open gives the place it takes back when it closes, and its handler hears when the credential that
 * opened it is good no longer.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { DomainError } from '../../shared/errors.js';
import type { Lease } from '../../shared/limiter/limit.js';
import { type Presented, readCredential } from '../credentials/presented.js';
import { addressOf } from '../routing/ip-address.js';
import { createProductFinder } from '../routing/product-finder.js';
import type { ProductApi, SocketRoute, SocketUpgrade } from '../routing/route.js';
import { isInsecure, transportFields } from '../routing/transport.js';
import { authorize } from './access.js';
import { logRequest } from './access-log.js';
import { type Identity, identify } from './authenticate.js';
import { sendFailure } from './failure.js';
import type { Pipeline } from './pipeline.js';
import { chargeConnection, decisionOf, limitFigures } from './rate-limit.js';
import { type RequestContext, senderOf } from './request-context.js';
import { responseHeaders } from './response-headers.js';

/** Well inside the time for which a place is kept (rate-limit). */
const renewEveryMs = 20_000;

/** Makes the server's `upgrade` listener for the sockets of all products. */
export function createUpgrade(
  pipeline: Pipeline,
  apis: readonly ProductApi[],
  newRequestId: () => string,
): (req: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { config } = pipeline.services;
  const findProduct = createProductFinder(config, new Map(apis.map((api) => [api.product.id, api])));

  return (req, socket, head) => {
    const begunAt = performance.now();
    socket.on('error', () => socket.destroy());
    const url = URL.canParse(req.url ?? '', 'ws://socket')
      ? new URL(req.url ?? '', 'ws://socket')
      : undefined;
    const found = url && findProduct(req.headers.host, url.pathname);
    if (!found) {
      const requestId = newRequestId();
      const headers = { ...transportFields(config, req), 'X-Request-Id': requestId };
      refuse(socket, 404, headers, { error: 'not_found', request_id: requestId });
      return;
    }
    const { mounted: api, path, baseUrl } = found;
    const route = api.sockets?.find((candidate) => candidate.path === path);
    const context: RequestContext = {
      product: api.product,
      method: 'GET',
      path,
      template: route?.path,
      by: route?.options.by,
      baseUrl,
      requestId: newRequestId(),
      address: addressOf(req, config.trustedProxies),
      identity: undefined,
      decision: undefined,
    };
    const note = (status: number) => logRequest(pipeline, context, status, performance.now() - begunAt);
    enter(pipeline, context, route, req, url).then(
      ({ identity, socketRoute, lease }) => {
        note(101);
        accept(pipeline, context, identity, socketRoute, { req, socket, head }, lease);
      },
      async (error: unknown) => {
        context.decision =
          (await decisionOf(pipeline, context, error)) ?? (await limitFigures(pipeline, context));
        const { status, headers, body } = sendFailure({ services: pipeline.services, ...context }, error);
        note(status);
        refuse(socket, status, { ...responseHeaders(config, req, context), ...headers }, body);
      },
    );
  };
}

interface Admission {
  identity: Identity;
  socketRoute: SocketRoute;
  lease: Lease | undefined;
}

/** Everything that has to be so before a socket is opened; takes the caller's place among its connections. */
async function enter(
  pipeline: Pipeline,
  context: RequestContext,
  route: SocketRoute | undefined,
  req: IncomingMessage,
  url: URL,
): Promise<Admission> {
  const { product, address } = context;
  if (isInsecure(pipeline.services.config, req)) throw new DomainError('https_required');
  const presented = readPresented(context, route, req, url);
  const charged = await chargeConnection(
    pipeline,
    product,
    await identify(pipeline, product, presented, senderOf(req, context)),
    address,
  );
  const { identity, decision } = charged;
  context.identity = identity;
  context.decision = decision;
  if (!decision.allowed) throw new DomainError('rate_limited');
  try {
    if (!route) throw new DomainError('not_found');
    authorize(route.options, identity, address);
    return { identity, socketRoute: route, lease: decision.lease };
  } catch (error) {
    if (decision.lease) await pipeline.limiter.releaseLease(decision.lease);
    throw error;
  }
}

/** Browsers cannot set a header on a WebSocket: where the product documents it, the query may carry the credential. */
function readPresented(
  { product }: RequestContext,
  route: SocketRoute | undefined,
  req: IncomingMessage,
  url: URL,
): Presented {
  const presented = readCredential(product, req);
  // Any page can open a socket here, and the browser would send the cookie along.
  if (presented.place === 'cookie') return { place: 'none' };
  const token = route?.options.queryToken ? url.searchParams.get('token') : null;
  if (token === null || token === '') return presented;
  return presented.place === 'none' ? { place: 'bearer', value: token } : { place: 'ambiguous' };
}

function accept(
  pipeline: Pipeline,
  { product, address, requestId, baseUrl }: RequestContext,
  { caller, candidate, remembered }: Identity,
  route: SocketRoute,
  upgrade: SocketUpgrade,
  lease: Lease | undefined,
): void {
  if (!caller || !candidate || !remembered) {
    upgrade.socket.destroy();
    return;
  }
  const { services, cache, limiter } = pipeline;
  const ended = new AbortController();

  async function checkStanding(subject: string | undefined): Promise<void> {
    if (!candidate || (subject !== undefined && !remembered?.record.dependsOn.includes(subject))) return;
    try {
      const now = await cache.load(candidate.id, candidate.load);
      if (!now || now.record.problem) ended.abort();
    } catch (error) {
      services.logger.warn({ err: error, requestId }, 'whether a socket may stay open is not known');
    }
  }

  /** A place that ran out may be another's by now: a socket without one would be an eleventh of ten. */
  async function keepPlace(lease: Lease): Promise<void> {
    if (!(await limiter.renewLease(lease))) ended.abort();
  }

  const stopWatching = pipeline.watchChanges((subject) => void checkStanding(subject));
  const renewal = lease && setInterval(() => void keepPlace(lease), renewEveryMs);
  upgrade.socket.once('close', () => {
    stopWatching();
    clearInterval(renewal);
    if (lease) void limiter.releaseLease(lease);
  });
  const { closing, watchChanges } = pipeline;
  const call = { services, product, caller, requestId, address, baseUrl, closing, watchChanges };
  route.accept({ ...call, ended: ended.signal }, upgrade);
}

function refuse(socket: Duplex, status: number, headers: Record<string, string>, body: unknown): void {
  const text = JSON.stringify(body);
  const fields = {
    ...headers,
    Connection: 'close',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(text)),
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`);
}
