/** HumanPing as the resource API serves it. */
import { humanping as definition } from '../../../shared/products/humanping.js';
import type { ProductApi } from '../../routing/product-api.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { paidTaskKind } from './agent-tools.js';
import { agentRoutes } from './agents.js';
import { errorSchema } from './conventions.js';
import { eraseTasks } from './domain/erasure.js';
import { taskHandlers } from './domain/jobs.js';
import { taskRoutes } from './tasks.js';
import { workRoutes } from './work.js';
import { workerRoutes } from './workers.js';

export const humanping: ProductApi = {
  product: definition,
  errorSchema,
  routes: [
    ...agentRoutes,
    ...taskRoutes,
    ...workerRoutes,
    ...workRoutes,
    ...webhookRoutes({ prefix: '/api/v1' }),
  ],
  jobs: taskHandlers,
  agentTools: [paidTaskKind],
  eraseAccount: eraseTasks,
};
