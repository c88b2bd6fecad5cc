/**
 * Reads the body and checks body and query against the schemas of the route. The first problem is told with the
 * name of the member and a message that a person can act on; a product may write its own message.
 */
import { parse } from 'node:querystring';
import type { z } from 'zod';
import { DomainError } from '../../../shared/errors.js';
import { withoutNulls } from '../../body/null-members.js';
import { type RequestBody, readRequestBody } from '../../body/request-body.js';
import type { InvalidMember, ProductApi } from '../../routing/product-api.js';
import type { Route } from '../../routing/route.js';
import { type RequestContext, routeOf } from '../request-context.js';

/** Sets the input of the handler. Throws `validation`, and what reading the body throws. */
export function validateInput(context: RequestContext): Promise<undefined> | undefined {
  const route = routeOf(context);
  if (!route) return undefined;
  const { earlyBody } = context;
  if (earlyBody?.failure) throw earlyBody.failure;
  if (earlyBody?.value) setInput(context, route, earlyBody.value);
  else if (route.options.body) return readInput(context, route);
  else setInput(context, route, undefined);
  return undefined;
}

async function readInput(context: RequestContext, route: Route): Promise<undefined> {
  const { bodyLimitBytes = context.product.bodyLimitBytes, form } = route.options;
  setInput(context, route, await readRequestBody(context.req, bodyLimitBytes, { takesForm: form }));
}

function setInput(context: RequestContext, { method, options }: Route, body: RequestBody | undefined): void {
  if (!options.body && !options.query) return;
  const { api } = context.mounted;
  context.input = {
    body: validate(api, 'body', options.body, withoutNulls(method, options.body, body?.value ?? {})),
    query: validate(api, 'query', options.query, options.query && readQuery(context.query)),
    text: body?.text ?? '',
  };
}

/** Throws `validation` for a NUL, which nothing that is stored can contain. */
function readQuery(query: string): unknown {
  if (query.includes('%00')) {
    throw new DomainError('validation', { message: 'The query must not contain NUL characters' });
  }
  return parse(query);
}

/** The parsed value. Throws `validation` with the member's name. */
function validate(
  api: ProductApi,
  where: InvalidMember['where'],
  schema: z.ZodType | undefined,
  value: unknown,
): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (!issue) throw new DomainError('validation');
  const field = fieldOf(where, issue);
  const invalid: InvalidMember = { where, field, issue, message: describe(issue, field) };
  const { describeInvalid } = api;
  throw new DomainError(
    'validation',
    describeInvalid ? describeInvalid(invalid) : { field: field || undefined, message: invalid.message },
  );
}

function fieldOf(where: InvalidMember['where'], issue: z.core.$ZodIssue): string {
  // A list in the query is one parameter: its items have no names.
  if (where === 'query') return String(issue.path[0] ?? '');
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path;
  return path.map(String).join('.');
}

function describe(issue: z.core.$ZodIssue, field: string): string {
  const name = field === '' ? 'The request' : field;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? `${name} is required` : `${name} must be ${article(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `${name} must be ${String(issue.values[0])}`
        : `${name} must be one of: ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `${name} must ${bound(issue.origin, 'at least', Number(issue.minimum))}`;
    case 'too_big':
      return `${name} must ${bound(issue.origin, 'at most', Number(issue.maximum))}`;
    case 'unrecognized_keys':
      return `${name} is not known here`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? `${name} must be a time such as 2030-01-31T12:00:00Z`
        : `${name} is not valid`;
    case 'custom':
      if (issue.message.startsWith('must ')) return `${name} ${issue.message}`;
      return issue.message.startsWith(name) ? issue.message : `${name}: ${issue.message}`;
    default:
      return `${name} is not valid`;
  }
}

function bound(origin: string, word: string, figure: number): string {
  if (origin === 'string') return `have ${word} ${figure} ${figure === 1 ? 'character' : 'characters'}`;
  if (origin === 'array' || origin === 'set')
    return `have ${word} ${figure} ${figure === 1 ? 'item' : 'items'}`;
  return `be ${word} ${figure}`;
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number';
  const kind = expected === 'record' ? 'object' : expected;
  return `${/^[aeio]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
