/** What a tool of the MCP server is. */
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Agent } from './agent.js';

export type ToolResult = CallToolResult | InputRequiredResult | Record<string, unknown>;

export interface Tool {
  name: string;
  title: string;
  description: string;
  /** The scope that a token, or the permission that a key, must have. */
  scope: string;
  input: z.ZodObject;
  output: z.ZodObject;
  annotations: {
    readOnlyHint: boolean;
    destructiveHint: boolean;
    idempotentHint: boolean;
    openWorldHint: boolean;
  };
  /** `input` was parsed with the tool's schema. */
  run(agent: Agent, input: Record<string, unknown>, ctx: ServerContext): Promise<ToolResult>;
}

/** A tool whose `run` knows the type of its input. */
export function tool<Input extends z.ZodObject>(
  definition: Omit<Tool, 'input' | 'run'> & {
    input: Input;
    run(agent: Agent, input: z.output<Input>, ctx: ServerContext): Promise<ToolResult>;
  },
): Tool {
  return definition as unknown as Tool;
}

/** A tool as `tools/list` describes it: JSON Schema 2020-12. */
export function describeTool({ name, title, description, input, output, annotations }: Tool) {
  return {
    name,
    title,
    description,
    inputSchema: schemaOf(input, 'input'),
    outputSchema: schemaOf(output, 'output'),
    annotations: { title, ...annotations },
  };
}

type ObjectSchema = { type: 'object'; [member: string]: unknown };

const schemaOf = (schema: z.ZodObject, io: 'input' | 'output'): ObjectSchema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as ObjectSchema;
