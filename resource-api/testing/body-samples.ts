/** Bodies made from the schemas of routes: one that passes, and many that should not. */
import { z } from 'zod';

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  minimum?: number;
  minLength?: number;
  maxLength?: number;
  format?: string;
  pattern?: string;
}

/** Values by the names of members, where a schema does not say enough. */
const known: Readonly<Record<string, unknown>> = {
  email: 'sweep@example.com',
  url: 'https://hooks.example/a',
  webhook_url: 'https://hooks.example/a',
  callback_url: 'https://hooks.example/a',
  password: 'correct horse battery',
  time_zone: 'Europe/Madrid',
  from: '22:00',
  to: '07:30',
  language: 'en',
  currency: 'USD',
  code: '123456',
  timeout_seconds: 60,
  response_type: 'text',
  type: undefined,
};

const times = /^(?:deadline|since|until|expires_at)$/;

const toSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

function sample(schema: JsonSchema, name: string): unknown {
  if (known[name] !== undefined && (schema.type ?? 'string') !== 'object') return known[name];
  if (times.test(name)) return new Date(Date.now() + 3_600_000).toISOString();
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return sample(alternatives.find(({ type }) => type !== 'null') ?? {}, name);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([member, inner]) => [member, sample(inner, member)]),
      );
    case 'array':
      return schema.items ? [sample(schema.items, name)] : [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return 'physical'.padEnd(schema.minLength ?? 0, 'x');
    default:
      return 'yes';
  }
}

/** A body with every member that the schema knows. */
export const sampleBody = (schema: z.ZodType): Record<string, unknown> =>
  sample(toSchema(schema), '') as Record<string, unknown>;

/** The names of the members that a query may have. */
export const memberNames = (schema: z.ZodType): string[] => Object.keys(toSchema(schema).properties ?? {});

/** Values that some layer below a schema could fail on. */
export const hostileValues: readonly unknown[] = [
  null,
  '',
  ' ',
  'x'.repeat(3_000),
  '\u200b\u2800',
  "'; drop table users; --",
  '9999-12-31T23:59:59-14:00',
  '0001-01-01T00:00:00Z',
  'https://[::1',
  '%00',
  '__proto__',
  0,
  -1,
  1.5,
  2_147_483_648,
  Number.MAX_SAFE_INTEGER,
  true,
  [],
  [null],
  {},
  { toString: 1, length: -1, constructor: null },
];
