/** Zod schemas as JSON Schema 2020-12, which OpenAPI 3.1 uses. */
import { z } from 'zod';

/** `input` is what a client sends, `output` what it receives. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: target }) {
      if (zodSchema._zod.def.type === 'date') Object.assign(target, { type: 'string', format: 'date-time' });
    },
  });
  return rest;
}

export interface QueryParameter {
  name: string;
  required: boolean;
  schema: unknown;
}

/** The members of a query schema, as single parameters. */
export function queryParameters(schema: z.ZodType): QueryParameter[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, member]) => ({
    name,
    required: required.includes(name),
    schema: member,
  }));
}
