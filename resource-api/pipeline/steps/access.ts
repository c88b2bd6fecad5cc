/**
 * Whether this caller may use this route. The reasons are precise; how much of them a client is told is the
 * product's business.
 */
import { DomainError } from '../../../shared/errors.js';
import type { Caller } from '../../routing/caller.js';
import { isAddressIn } from '../../routing/ip-address.js';
import { type AccessRule, type RouteOptions, takesAnybody } from '../../routing/route.js';
import type { Identity } from '../identity.js';
import type { RequestContext } from '../request-context.js';

/** Throws `not_found` or `method_not_allowed` where there is no route, else a credential or an access problem. */
export function authorizeCaller(context: RequestContext): undefined {
  const { target, identity, ipAddress } = context;
  if (target.kind === 'nothing') throw new DomainError('not_found');
  if (target.kind === 'otherMethods') throw new DomainError('method_not_allowed', { allow: target.allow });
  if (!identity) throw new Error('a credential is looked up before its caller is authorized');
  const { options } = target.kind === 'route' ? target.route : target.socket;
  context.caller = authorize(options, identity, ipAddress);
}

/**
 * The caller, once it is clear that they may; undefined where the route takes anybody and does not know this one.
 * Throws a credential or an access problem.
 */
function authorize(
  { by, permission }: Pick<RouteOptions, 'by' | 'permission'>,
  identity: Identity,
  address: string,
): Caller | undefined {
  if (by === 'anyone') return undefined;
  const { caller } = identity;
  if (takesAnybody(by) && !by.some(({ kind }) => kind === caller?.kind)) return undefined;
  if (!caller) throw new DomainError(identity.problem ?? 'credential_missing');
  checkKind(by, caller);
  if (caller.kind === 'apiKey') {
    if (caller.ipAllowlist && !isAddressIn(address, caller.ipAllowlist)) {
      throw new DomainError('address_not_allowed');
    }
    if (permission !== undefined && caller.permissions && !caller.permissions.includes(permission)) {
      throw new DomainError('permission_missing', { needed: permission });
    }
  }
  return caller;
}

function checkKind(by: Exclude<AccessRule, 'anyone'>, caller: Caller): void {
  const rule = by.find(({ kind }) => kind === caller.kind);
  if (!rule) throw new DomainError('credential_wrong_kind');
  if (rule.kind === 'apiKey' && caller.kind === 'apiKey' && rule.environment !== undefined) {
    if (caller.environment !== rule.environment) throw new DomainError('credential_wrong_kind');
  }
  if (rule.kind === 'accessToken' && caller.kind === 'accessToken') {
    const { scope } = rule;
    if (scope !== undefined && !caller.scopes.includes(scope)) {
      throw new DomainError('insufficient_scope', { needed: scope });
    }
  }
  if (rule.kind === 'jwt' && caller.kind === 'jwt' && rule.role !== undefined && rule.role !== caller.role) {
    throw new DomainError('credential_wrong_kind');
  }
}
