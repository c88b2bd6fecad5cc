/** How an expected error becomes the result of a tool. */
import type { CallToolResult } from '@modelcontextprotocol/server';
import { DomainError } from '../../../shared/errors.js';
import { mcp as product } from '../../../shared/products/mcp.js';

/** The result for an expected error; everything else is thrown on. */
export function failureResult(error: unknown): CallToolResult {
  if (!(error instanceof DomainError)) throw error;
  const { code, data } = error;
  const { message } = product.words(code, data);
  return errorResult({ code, message, field: data.field, retry_after: data.retryAfterSeconds });
}

export interface ToolFailure {
  code: string;
  message: string;
  field?: string;
  retry_after?: number;
  /** A page for the person who uses the agent. */
  url?: string;
}

export function errorResult(failure: ToolFailure): CallToolResult {
  const text = failure.url === undefined ? failure.message : `${failure.message}\n${failure.url}`;
  return { isError: true, content: [{ type: 'text', text }], structuredContent: { ...failure } };
}
