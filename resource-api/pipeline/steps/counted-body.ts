/** Reads the body before the limits are taken, for the few routes that have a limit by a member of the body. */
import { readRequestBody } from '../../body/request-body.js';
import { type RequestContext, routeOf } from '../request-context.js';
import { countsByBody } from './rate-limit.js';

/** Small, because at this point anybody could make us hold it. */
const limitBytes = 16_384;

export function readCountedBody(context: RequestContext): Promise<undefined> | undefined {
  const route = routeOf(context);
  if (!route || !countsByBody(context.product, route)) return undefined;
  const { bodyLimitBytes = limitBytes, form } = route.options;
  return readRequestBody(context.req, bodyLimitBytes, { takesForm: form }).then(
    (value) => {
      context.earlyBody = { value };
      return undefined;
    },
    (failure: unknown) => {
      context.earlyBody = { failure };
      return undefined;
    },
  );
}
