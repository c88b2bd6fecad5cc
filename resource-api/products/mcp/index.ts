/** The MCP server as the resource API serves it. */
import { mcp as definition } from '../../../shared/products/mcp.js';
import type { PeopleRequestKind } from '../../routing/agent-tools.js';
import type { ProductApi } from '../../routing/product-api.js';
import { agentRequestHandlers, eraseAgentRequests } from './domain/jobs.js';
import { mcpRoutes } from './mount.js';
import { peopleServer } from './server.js';

/** Over what the other products contribute. */
export function mcpApi(kinds: readonly PeopleRequestKind[]): ProductApi {
  return {
    product: definition,
    routes: mcpRoutes(peopleServer(kinds)),
    jobs: agentRequestHandlers(kinds),
    eraseAccount: eraseAgentRequests,
  };
}
