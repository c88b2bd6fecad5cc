/** HITL.sh as the resource API serves it. */
import { hitl as definition } from '../../../shared/products/hitl.js';
import { type ProductApi, rotatedKeySchema } from '../../routing/product-api.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { accountRoutes } from './account.js';
import { questionKind } from './agent-tools.js';
import { describeInvalid, done, doneSchema, errorSchema } from './conventions.js';
import { eraseRequests, requestHandlers } from './domain/jobs.js';
import { feedbackRoutes } from './feedback.js';
import { joinPageRoutes } from './join-page.js';
import { loopRoutes } from './loops.js';
import { memberRoutes } from './members.js';
import { qrCodeRoute } from './qr-code.js';
import { requestRoutes } from './requests.js';
import { responseRoutes } from './responses.js';

export const hitl: ProductApi = {
  product: definition,
  errorSchema,
  describeInvalid,
  describeRotatedKey: (members) => done('API key rotated successfully', members),
  rotatedKeySchema: doneSchema(rotatedKeySchema.shape),
  routes: [
    ...accountRoutes,
    ...memberRoutes,
    ...loopRoutes,
    ...requestRoutes,
    ...responseRoutes,
    ...feedbackRoutes,
    qrCodeRoute,
    ...joinPageRoutes,
    ...webhookRoutes({ prefix: '/v1/api', permission: 'requests:write', wrap: done, wrapSchema: doneSchema }),
  ],
  jobs: requestHandlers,
  agentTools: [questionKind],
  eraseAccount: eraseRequests,
};
