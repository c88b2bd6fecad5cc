/** One route as an OpenAPI operation. */
import type { ErrorCode } from '../../shared/errors.js';
import type { ProductApi } from '../routing/product-api.js';
import { type Route, takesAnybody } from '../routing/route.js';
import { jsonSchema, queryParameters } from './schema.js';
import { securityOf } from './security.js';

/** The operation object: parameters, body, every response with its headers, and the accepted credentials. */
export function describeOperation(api: ProductApi, route: Route): Record<string, unknown> {
  const { product } = api;
  const { options, method, path } = route;
  const { reference, body, query, by, permission, idempotent } = options;
  return {
    operationId: operationId(method, path),
    summary: reference?.summary,
    description: reference?.description,
    tags: [tagOf(path)],
    security: securityOf(product, by),
    ...(permission === undefined ? {} : { 'x-permission': permission }),
    parameters: [
      ...pathParameters(path),
      ...(query ? queryParameters(query).map((parameter) => ({ in: 'query', ...parameter })) : []),
      ...(idempotent ? [idempotencyKey] : []),
    ],
    ...(body ? { requestBody: requestBody(body) } : {}),
    responses: { ...successes(route), ...failures(api, route) },
  };
}

/** `listAgents`-like names from method and path, unique within a product: `get_v1_agents_id`. */
const operationId = (method: string, path: string): string =>
  `${method.toLowerCase()}${path.replace(/[^\w]+/g, '_')}`.replace(/_$/, '');

/** The first word of a path that names a thing: `/v1/api/loops/:id` → `loops`. */
const tagOf = (path: string): string =>
  path.split('/').find((part) => part !== '' && !/^(?:v\d+|api)$/.test(part) && !part.startsWith(':')) ??
  'api';

const pathParameters = (path: string) =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key with the same body returns the same response for 24 hours.',
  schema: { type: 'string', maxLength: 255 },
};

const requestBody = (schema: NonNullable<Route['options']['body']>) => ({
  // A body in which nothing is required may be left out.
  required: !schema.safeParse({}).success,
  content: { 'application/json': { schema: jsonSchema(schema, 'input') } },
});

const requestIdHeader = {
  'X-Request-Id': { description: 'Names the request in support cases.', schema: { type: 'string' } },
};

function successes({ options }: Route): Record<string, unknown> {
  const entries = Object.entries(options.reference?.responses ?? {}).map(([status, schema]) => [
    status,
    {
      description: descriptions[status] ?? 'Success.',
      headers: requestIdHeader,
      ...(schema ? { content: { 'application/json': { schema: jsonSchema(schema, 'output') } } } : {}),
    },
  ]);
  return Object.fromEntries(entries);
}

const descriptions: Readonly<Record<string, string>> = {
  101: 'The connection speaks WebSocket from here on.',
  200: 'Success.',
  201: 'Created.',
  202: 'Accepted; the work is done in the background.',
  204: 'Done; the response has no body.',
};

/** Each status once, with every message that this product sends with it. */
function failures({ product }: ProductApi, route: Route): Record<string, unknown> {
  const byStatus = new Map<number, string[]>();
  for (const code of errorCodes(route)) {
    const { status, type, message } = product.words(code, {});
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${type}\`: ${message}`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, messages]) => [
      status,
      {
        description: [...new Set(messages)].join('\n\n'),
        headers: { ...requestIdHeader, ...(status === 429 || status === 503 ? retryAfter : {}) },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

const retryAfter = {
  'Retry-After': { description: 'Seconds until it makes sense to try again.', schema: { type: 'integer' } },
};

/** The errors that follow from the options of a route, and those that it names itself. */
export function errorCodes({ options, path }: Route): ErrorCode[] {
  const { by, permission, body, query, idempotent, unlimited, reference } = options;
  const codes: ErrorCode[] = ['https_required', 'internal', 'unavailable'];
  if (body || query || idempotent) codes.push('validation');
  if (body) codes.push('malformed_body', 'payload_too_large', 'unsupported_media_type');
  if (by !== 'anyone') {
    codes.push('credential_unknown', 'credential_ambiguous', 'address_not_allowed');
    if (!takesAnybody(by)) codes.push('credential_missing');
    if (by.some(({ kind }) => kind === 'accessToken')) codes.push('token_invalid', 'insufficient_scope');
  }
  if (permission !== undefined) codes.push('permission_missing');
  if (path.includes(':')) codes.push('not_found');
  if (idempotent) codes.push('idempotency_running', 'idempotency_mismatch');
  if (!unlimited) codes.push('rate_limited');
  return [...codes, ...(reference?.errors ?? [])];
}
