/** The first step: a credential that travelled in the clear is refused and never redirected. */
import { DomainError } from '../../../shared/errors.js';
import { isInsecure } from '../../routing/transport.js';
import type { RequestContext } from '../request-context.js';
import { reportInsecureCall } from './insecure-call.js';

/** Throws `https_required`; the owner of a key that was sent is told in the background. */
export function checkTransport(context: RequestContext): undefined {
  if (!isInsecure(context.pipeline.services.config, context.req)) return;
  void reportInsecureCall(context);
  throw new DomainError('https_required');
}
