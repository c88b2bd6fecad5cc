/** HITL.sh as the resource API serves it. */
import { hitl as facts } from '../../../shared/products/hitl.js';
import type { ProductApi } from '../../route.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { accountRoutes } from './account.js';
import { describeInvalid, done } from './conventions.js';
import { loopRoutes } from './loops.js';
import { memberRoutes } from './members.js';
import { qrCodeRoute } from './qr-code.js';

export const hitl: ProductApi = {
  product: facts,
  describeInvalid,
  routes: [
    ...accountRoutes,
    ...memberRoutes,
    ...loopRoutes,
    qrCodeRoute,
    ...webhookRoutes({ prefix: '/v1/api', permission: 'requests:write', dress: done }),
  ],
};
