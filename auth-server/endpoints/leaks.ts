/**
 * `POST /leaks`: where secret scanners report keys that they found. The answer says nothing: 202 with `{}` for a
 * known value, an unknown one, a false signature and a body that means nothing. How long it takes tells a holder of
 * a key only what one call with that key would.
 *
 * A report is acted on before it is answered, so that "accepted" means that the key is dead.
 */
import type { Context } from 'koa';
import { DomainError } from '../../shared/errors.js';
import { readBytes } from '../../shared/http/body.js';
import { actOnLeaks } from '../../shared/identity/api-keys/api-key-leaks.js';
import {
  type LeakedValue,
  parseLeakKeys,
  readLeakReport,
} from '../../shared/identity/api-keys/leak-report.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { setRefused, takeLimits } from '../http/limits.js';

const bodyLimitBytes = 1_000_000;

/** Middleware for the route. Throws `ConfigError` at once when LEAKS_PUBLIC_KEYS is not usable. */
export function createLeaksRoute(services: Services) {
  const { config, logger } = services;
  const keys = parseLeakKeys(config.leaksPublicKeys);
  return async (ctx: Context): Promise<void> => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {};
    const decision = await takeLimits(services, [{ limit: 'leaks', subject: addressSubject(ctx.ip) }]);
    if (!decision.allowed) return setRefused(ctx, decision);
    const body = await readReport(ctx);
    if (!body) return;
    const report = readLeakReport(body, ctx.req.headers, keys);
    if ('problem' in report) {
      logger.warn({ problem: report.problem, requestId: ctx.state.requestId }, 'a leak report is ignored');
    } else if (!(await act(ctx, report.values))) return;
    ctx.status = 202;
  };

  /** False when the report could not be acted on: the sender is to come again. */
  async function act(ctx: Context, values: LeakedValue[]): Promise<boolean> {
    const { requestId } = ctx.state;
    try {
      const acted = await actOnLeaks(services, values, { address: ctx.ip, requestId });
      logger.info({ values: values.length, acted, requestId }, 'leak report');
      return true;
    } catch (error) {
      logger.error({ err: error, requestId }, 'a leak report could not be acted on');
      ctx.status = 503;
      ctx.set('Retry-After', '30');
      return false;
    }
  }
}

/** undefined when the body cannot be read; the status then says so. */
async function readReport(ctx: Context): Promise<Buffer | undefined> {
  try {
    return await readBytes(ctx.req, bodyLimitBytes);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    ctx.status =
      error.code === 'payload_too_large' ? 413 : error.code === 'unsupported_media_type' ? 415 : 400;
    return undefined;
  }
}
