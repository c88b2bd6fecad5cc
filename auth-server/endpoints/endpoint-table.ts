/**
 * The table of protocol endpoints. Routing, 404 and 405, rate limits, CORS, the `/oauth` names, the form of errors
 * and the redirect to the issuer's own host are all built from it (provider/protocol-router).
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../shared/config.js';
import type { Services } from '../../shared/services.js';
import { authorizationEndpoint } from './authorization-endpoint.js';
import { deviceAuthorizationEndpoint, deviceCodeEndpoint, deviceResumption } from './device-endpoint.js';
import { keyDocument, metadataDocument } from './metadata.js';
import type { EndpointLimits } from './protocol-limits.js';
import { registrationEndpoint } from './registration.js';
import { revocationEndpoint } from './revocation-endpoint.js';
import { signOutEndpoint } from './sign-out-endpoint.js';
import { tokenEndpoint } from './token-endpoint.js';

export type EndpointMiddleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>;

export interface ProtocolEndpoint {
  /** As announced, without `/oauth`; a last segment `:uid` stands for the id of an interaction. */
  path: string;
  methods: readonly ('GET' | 'POST')[];
  /** A program gets JSON whatever its `Accept` header says, and is never redirected to another host. */
  caller: 'browser' | 'program';
  /** Pages of which origins may read the response: all, those of the client's redirect URIs, or none. */
  cors: 'any' | 'client' | 'none';
  /** Further paths by which client libraries know it. */
  aliases?: readonly string[];
  /** How the body of a POST is prepared: a form of a program, a pushed request, or a browser's, which becomes a GET. */
  body?: 'form' | 'pushedRequest' | 'redirect';
  /** Rate limits; without them, 401 responses are not counted either. */
  limits?: EndpointLimits;
  /** Middleware between the rate limits and oidc-provider's own handler. */
  wrap?: (services: Services) => EndpointMiddleware;
  isEnabled?: (config: Config) => boolean;
}

export const protocolEndpoints: readonly ProtocolEndpoint[] = [
  {
    path: '/authorize',
    methods: ['GET', 'POST'],
    caller: 'browser',
    cors: 'none',
    body: 'redirect',
    wrap: authorizationEndpoint,
  },
  { path: '/authorize/:uid', methods: ['GET'], caller: 'browser', cors: 'none', wrap: authorizationEndpoint },
  {
    path: '/token',
    methods: ['POST'],
    caller: 'program',
    cors: 'client',
    body: 'form',
    limits: { client: 'tokens' },
    wrap: tokenEndpoint,
  },
  {
    path: '/token/revocation',
    aliases: ['/oauth/revoke'],
    body: 'form',
    methods: ['POST'],
    caller: 'program',
    cors: 'client',
    limits: {},
    wrap: revocationEndpoint,
  },
  {
    path: '/token/introspection',
    aliases: ['/oauth/introspect'],
    body: 'form',
    methods: ['POST'],
    caller: 'program',
    cors: 'client',
    limits: { client: 'introspection' },
  },
  {
    path: '/request',
    methods: ['POST'],
    body: 'pushedRequest',
    caller: 'program',
    cors: 'client',
    limits: { address: 'authorization' },
  },
  {
    path: '/reg',
    methods: ['POST'],
    caller: 'program',
    // Registration needs no credential and looks at no cookie.
    cors: 'any',
    limits: { address: 'registration' },
    wrap: registrationEndpoint,
    isEnabled: (config) => config.openRegistration,
  },
  {
    path: '/device/auth',
    body: 'form',
    methods: ['POST'],
    caller: 'program',
    cors: 'client',
    limits: { client: 'tokens' },
    wrap: deviceAuthorizationEndpoint,
  },
  { path: '/device', methods: ['GET', 'POST'], caller: 'browser', cors: 'none', wrap: deviceCodeEndpoint },
  { path: '/device/:uid', methods: ['GET'], caller: 'browser', cors: 'none', wrap: deviceResumption },
  { path: '/userinfo', methods: ['GET', 'POST'], caller: 'program', cors: 'client', limits: {} },
  {
    path: '/session/end',
    methods: ['GET', 'POST'],
    body: 'redirect',
    caller: 'browser',
    cors: 'none',
    wrap: signOutEndpoint,
  },
  { path: '/session/end/confirm', methods: ['POST'], caller: 'browser', cors: 'none' },
  { path: '/session/end/success', methods: ['GET'], caller: 'browser', cors: 'none' },
  { path: '/jwks', methods: ['GET'], caller: 'program', cors: 'any', wrap: keyDocument },
  ...['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'].map(
    (path): ProtocolEndpoint => ({
      path,
      methods: ['GET'],
      caller: 'program',
      cors: 'any',
      wrap: metadataDocument,
    }),
  ),
];

/** The prefix under which every endpoint is served a second time. */
const mountPath = '/oauth';

export interface EndpointMatch {
  endpoint: ProtocolEndpoint;
  /** The path without `/oauth`. */
  path: string;
  /** What was left out of the path, for the URLs that oidc-provider builds. */
  mountPath: string | undefined;
}

const byPath = new Map(protocolEndpoints.map((endpoint) => [endpoint.path, endpoint]));
const byAlias = new Map(
  protocolEndpoints.flatMap((endpoint) =>
    (endpoint.aliases ?? []).map((alias) => [alias, endpoint] as const),
  ),
);

/**
 * The endpoint that a request path names, exactly as announced: oidc-provider itself would also accept another case
 * and a slash at the end, and so lead around our middleware.
 */
export function findEndpoint(config: Config, requestPath: string): EndpointMatch | undefined {
  const alias = byAlias.get(requestPath);
  if (alias) return { endpoint: alias, path: alias.path, mountPath };
  const mounted = requestPath.startsWith(`${mountPath}/`);
  const path = mounted ? requestPath.slice(mountPath.length) : requestPath;
  const endpoint = byPath.get(path) ?? byPath.get(path.replace(/(?<=.\/)[\w-]+$/, ':uid'));
  if (!endpoint || endpoint.isEnabled?.(config) === false) return undefined;
  return { endpoint, path, mountPath: mounted ? mountPath : undefined };
}

/** What the `Allow` header of an endpoint says (RFC 9110 section 10.2.1). */
export function allowedMethods({ methods }: ProtocolEndpoint): string[] {
  return [
    ...(methods.includes('GET') ? ['GET', 'HEAD'] : []),
    ...methods.filter((name) => name !== 'GET'),
    'OPTIONS',
  ];
}
