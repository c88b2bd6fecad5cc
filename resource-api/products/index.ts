/**
 * The products that this server speaks for: a line here, a folder beside this file, a line in the list of facts.
 */
import type { ProductApi } from '../routing/product-api.js';
import { agenthuman } from './agenthuman/index.js';
import { haas } from './haas/index.js';
import { hitl } from './hitl/index.js';
import { humanping } from './humanping/index.js';
import { mcpApi } from './mcp/index.js';
import { openhuman } from './openhuman/index.js';

const reachedByAgents: readonly ProductApi[] = [humanping, haas, agenthuman, hitl, openhuman];

export const productApis: readonly ProductApi[] = [
  ...reachedByAgents,
  mcpApi(reachedByAgents.flatMap(({ agentTools }) => agentTools ?? [])),
];
