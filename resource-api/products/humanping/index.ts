/** HumanPing as the resource API serves it. */
import { humanping as facts } from '../../../shared/products/humanping.js';
import type { ProductApi } from '../../route.js';
import { webhookRoutes } from '../../webhooks/routes.js';

export const humanping: ProductApi = { product: facts, routes: [...webhookRoutes({ prefix: '/api/v1' })] };
