/**
 * `null` in a body. Serialisers of Java, C#, Go and Python write a field that is not set as `null`, so that in a POST
 * or PUT an optional member that is null means the same as one that was left out. A member that is required stays
 * missing, and its schema says so. In a PATCH null is a value: it clears the member where its schema takes null.
 */
import { z } from 'zod';

/** The body as its schema is to see it. Members that no schema defines (metadata, context) keep their nulls. */
export function withoutNulls(method: string, schema: z.ZodType | undefined, body: unknown): unknown {
  if (method === 'PATCH' || !schema) return body;
  return strip(schema as z.core.$ZodType, body, method === 'PUT');
}

/** A member of a PATCH that null sets back to `empty`, the value that a record without it has. */
export const clearable = <S extends z.ZodType>(schema: S, empty: z.output<S>) =>
  z.union([z.null().transform((): z.output<S> => empty), schema]);

function strip(given: z.core.$ZodType, value: unknown, keepsClearing: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { def } = unwrap(given)._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  if (def.type === 'array') {
    if (!Array.isArray(value)) return value;
    return value.map((item) => strip(def.element, item, keepsClearing));
  }
  if (def.type !== 'object' || Array.isArray(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const schema = Object.hasOwn(def.shape, name) ? def.shape[name] : undefined;
    if (!schema) return [[name, member]];
    if (member === null) return keepsClearing && takesNull(schema) ? [[name, member]] : [];
    return [[name, strip(schema, member, keepsClearing)]];
  });
  return Object.fromEntries(members);
}

/** Without what stands around a schema and does not change which members a value has. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
      return unwrap(def.innerType);
    case 'pipe':
      return unwrap(def.in);
    default:
      return schema;
  }
}

const takesNull = (schema: z.core.$ZodType): boolean => (schema as z.ZodType).safeParse(null).success;
