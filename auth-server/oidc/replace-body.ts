/**
 * Puts another body in place of one that was read already; oidc-provider reads it like any other. (Handing it a
 * parsed body instead works too, with a warning at each start that operators would have to be told to ignore.)
 */
import { Readable } from 'node:stream';
import type { KoaContextWithOIDC } from 'oidc-provider';

export function replaceBody(ctx: KoaContextWithOIDC, body: string, contentType: string): void {
  const bytes = Buffer.from(body);
  Object.assign(ctx.req.headers, { 'content-type': contentType, 'content-length': String(bytes.length) });
  delete ctx.req.headers['transfer-encoding'];
  ctx.req = Object.create(ctx.req, {
    readable: { value: true },
    iterator: { value: () => Readable.from([bytes]) },
  });
}
