/** OpenHuman as the resource API serves it. */
import { openhuman as facts } from '../../../shared/products/openhuman.js';
import type { ProductApi } from '../../route.js';

export const openhuman: ProductApi = { product: facts, routes: [] };
