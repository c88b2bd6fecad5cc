/** HITL.sh as the resource API serves it. */
import { hitl as facts } from '../../../shared/products/hitl.js';
import type { ProductApi } from '../../route.js';

export const hitl: ProductApi = { product: facts, routes: [] };
