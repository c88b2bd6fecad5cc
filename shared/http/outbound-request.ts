/**
 * One HTTP call over a connection of its own, to addresses that were settled before (outbound.ts), within limits of
 * time and size. No connection is kept: one that the other side has just closed would look like a failure.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

export type OutboundProblem =
  | 'address_refused'
  | 'connection_failed'
  | 'https_required'
  | 'name_not_found'
  | 'timeout'
  | 'too_large'
  | 'url_invalid';

/** A call that got no answer. The message says nothing about what was found behind the address. */
export class OutboundError extends Error {
  constructor(
    readonly problem: OutboundProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OutboundError';
  }
}

export interface RequestLimits {
  /** Until the connection stands, TLS included. */
  connectTimeoutMs?: number;
  /** Of the answer's body. */
  maxBytes?: number;
  /** What to do with a longer body: fail, or keep its beginning and hang up. */
  longer?: 'fail' | 'cut';
  /** An authority, PEM, to be trusted instead of the public ones; in tests alone. */
  authority?: string;
}

/** Calls and reads the whole answer. Throws `OutboundError`, or the signal's reason. */
export function requestAddresses(
  url: URL,
  init: RequestInit,
  addresses: string[],
  limits: RequestLimits,
  signal: AbortSignal,
): Promise<Response> {
  const { connectTimeoutMs = 5_000 } = limits;
  const body = bodyOf(init);
  const options: RequestOptions = {
    method: init.method ?? 'GET',
    headers: headersOf(init, body),
    agent: false,
    ...(limits.authority === undefined ? {} : { ca: limits.authority }),
    lookup: answerWith(addresses),
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
    const timer = setTimeout(
      () => request.destroy(new OutboundError('timeout', 'no connection in time')),
      connectTimeoutMs,
    );
    const connected = () => clearTimeout(timer);
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    request.on('close', connected);
    request.on('error', (error) => reject(describe(error, signal)));
    request.on('response', (response) => {
      readResponse(response, limits).then(resolve, (error: unknown) => {
        request.destroy();
        reject(describe(error, signal));
      });
    });
    request.end(body);
  });
}

/** Gives net.connect what was checked instead of letting it ask again. */
function answerWith(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = found;
    if (options.all || !first) callback(null, found);
    else callback(null, first.address, first.family);
  };
}

function bodyOf({ body }: RequestInit): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new TypeError('the body must be text, bytes or form parameters');
}

function headersOf(init: RequestInit, body: Buffer | undefined): Record<string, string> {
  const headers = new Headers(init.headers);
  if (body) headers.set('content-length', `${body.length}`);
  if (init.body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  // Nothing here unpacks: a small compressed answer could be any size.
  headers.set('accept-encoding', 'identity');
  return Object.fromEntries(headers);
}

const bodiless = new Set([204, 205, 304]);

async function readResponse(response: IncomingMessage, limits: RequestLimits): Promise<Response> {
  const { maxBytes = 65_536, longer = 'fail' } = limits;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= maxBytes) continue;
    if (longer === 'fail')
      throw new OutboundError('too_large', `the answer is longer than ${maxBytes} bytes`);
    break;
  }
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 599) throw new OutboundError('connection_failed', `status ${status}`);
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const body = bodiless.has(status) ? null : Buffer.concat(chunks).subarray(0, maxBytes);
  return new Response(body, { status, headers });
}

function describe(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return reasonOf(signal);
  if (error instanceof OutboundError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new OutboundError('connection_failed', code ?? message, { cause: error });
}

/** Our own deadline reads like every other problem; a caller's own signal keeps its reason. */
export function reasonOf(signal: AbortSignal): unknown {
  return signal.reason?.name === 'TimeoutError'
    ? new OutboundError('timeout', 'no complete answer in time')
    : signal.reason;
}
