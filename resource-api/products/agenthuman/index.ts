/** AgentHuman as the resource API serves it. */
import { agenthuman as facts } from '../../../shared/products/agenthuman.js';
import type { ProductApi } from '../../route.js';

export const agenthuman: ProductApi = { product: facts, routes: [] };
