/** AgentHuman as the resource API serves it. */
import { agenthuman as facts } from '../../../shared/products/agenthuman.js';
import type { ProductApi } from '../../route.js';
import { webhookRoutes } from '../../webhooks/routes.js';

export const agenthuman: ProductApi = {
  product: facts,
  routes: [...webhookRoutes({ prefix: '/v1', dress: (_, data) => ({ success: true, ...data }) })],
};
