/** HaaS as the resource API serves it. */
import { z } from 'zod';
import { haas as definition } from '../../../shared/products/haas.js';
import type { ProductApi } from '../../routing/product-api.js';
import { anyone, get } from '../../routing/route.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { taskKind } from './agent-tools.js';
import { availableRoutes } from './available.js';
import { eraseTasks } from './dispatch/erasure.js';
import { dispatchHandlers } from './dispatch/jobs.js';
import { errorSchema } from './error-schema.js';
import { eventRoutes, eventSockets } from './events.js';
import { humanRoutes } from './humans.js';
import { meRoutes } from './me.js';
import { myTaskRoutes } from './me-tasks.js';
import { simulationHandlers } from './simulator/steps.js';
import { taskRoutes } from './tasks.js';

const health = get(
  '/v1/health',
  {
    by: anyone,
    unlimited: true,
    reference: {
      summary: 'Check that the service is up.',
      responses: { 200: z.strictObject({ status: z.literal('ok') }) },
    },
  },
  () => ({ status: 'ok' }),
);

export const haas: ProductApi = {
  product: definition,
  errorSchema,
  routes: [
    health,
    ...availableRoutes,
    ...humanRoutes,
    ...taskRoutes,
    ...meRoutes,
    ...myTaskRoutes,
    ...eventRoutes,
    ...webhookRoutes({ prefix: '/v1' }),
  ],
  sockets: eventSockets,
  jobs: { ...dispatchHandlers, ...simulationHandlers },
  agentTools: [taskKind],
  eraseAccount: eraseTasks,
};
