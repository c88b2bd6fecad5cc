/** HITL.sh as the resource API serves it. */
import { hitl as facts } from '../../../shared/products/hitl.js';
import type { ProductApi } from '../../route.js';
import { webhookRoutes } from '../../webhooks/routes.js';

export const hitl: ProductApi = {
  product: facts,
  routes: [
    ...webhookRoutes({
      prefix: '/v1/api',
      permission: 'requests:write',
      dress: (msg, data) => ({ error: false, msg, data }),
    }),
  ],
};
