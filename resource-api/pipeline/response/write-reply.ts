/**
 * Writes a reply to a plain HTTP request. Status and headers go out as one block: setting them one by one, as Koa
 * does, checks and looks up each of fifteen names for every request.
 */
import type { Context } from 'koa';
import type { Reply } from '../../routing/reply.js';

/** `headers` are those of the reply and of the pipeline together. */
export function writeReply(ctx: Context, { status, body }: Reply, headers: Record<string, string>): void {
  if (typeof body !== 'string' || headers['Content-Type'] === undefined || isBodiless(status)) {
    ctx.status = status;
    ctx.set(headers);
    // Koa would turn an undefined body into a 204, whatever the status.
    ctx.body = body ?? '';
    return;
  }
  ctx.respond = false;
  const { res } = ctx;
  res.writeHead(status, Object.assign(headers, { 'Content-Length': Buffer.byteLength(body) }));
  // Node leaves out the body of a response to HEAD.
  res.end(body);
}

const isBodiless = (status: number): boolean =>
  status < 200 || status === 204 || status === 205 || status === 304;
