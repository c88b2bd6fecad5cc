/** OpenHuman as the resource API serves it. */
import { openhuman as definition } from '../../../shared/products/openhuman.js';
import type { ProductApi } from '../../routing/product-api.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { accountRoutes } from './account.js';
import { agentRoutes } from './agents.js';
import { errorSchema } from './conventions.js';

export const openhuman: ProductApi = {
  product: definition,
  errorSchema,
  describeRotatedKey: ({ id, ...members }) => ({ id: `key_${id}`, ...members }),
  routes: [...agentRoutes, ...accountRoutes, ...webhookRoutes({ prefix: '/v1', permission: 'admin' })],
};
