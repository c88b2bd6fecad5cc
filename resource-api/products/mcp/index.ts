/** The MCP server as the resource API serves it. */
import { z } from 'zod';
import { mcp as definition } from '../../../shared/products/mcp.js';
import type { PeopleRequestKind } from '../../routing/agent-tools.js';
import type { ProductApi } from '../../routing/product-api.js';
import { agentRequestHandlers, eraseAgentRequests } from './domain/jobs.js';
import { mcpRoutes } from './mount.js';
import { peopleServer } from './server.js';

/** A JSON-RPC error to a request that was not read as JSON-RPC. */
const errorSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.null(),
  error: z.strictObject({ code: z.int(), message: z.string(), data: z.looseObject({ code: z.string() }) }),
});

/** Over what the other products contribute. */
export function mcpApi(kinds: readonly PeopleRequestKind[]): ProductApi {
  return {
    product: definition,
    errorSchema,
    routes: mcpRoutes(peopleServer(kinds)),
    jobs: agentRequestHandlers(kinds),
    eraseAccount: eraseAgentRequests,
  };
}
