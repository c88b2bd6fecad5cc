/** AgentHuman as the resource API serves it. The document's one runnable command calls `/api/v1`, so that works too. */
import { agenthuman as definition } from '../../../shared/products/agenthuman.js';
import { type ProductApi, rotatedKeySchema } from '../../routing/product-api.js';
import type { Route } from '../../routing/route.js';
import { webhookRoutes } from '../../webhooks/routes.js';
import { agentRoutes } from './agents.js';
import { apiKeyRoutes } from './api-keys.js';
import { authRoutes } from './auth.js';
import { catalogueRoutes } from './catalogue.js';
import { errorSchema, success, successSchema } from './conventions.js';
import { sessionRoutes } from './sessions.js';

const routes: Route[] = [
  ...authRoutes,
  ...apiKeyRoutes,
  ...agentRoutes,
  ...catalogueRoutes,
  ...sessionRoutes,
  ...webhookRoutes({ prefix: '/v1', wrap: (_, data) => success(data), wrapSchema: successSchema }),
];

export const agenthuman: ProductApi = {
  product: definition,
  errorSchema,
  describeRotatedKey: ({ id, ...members }) => success({ id: `key_${id}`, ...members }),
  rotatedKeySchema: successSchema(rotatedKeySchema.shape),
  routes: [...routes, ...routes.map((route) => ({ ...route, path: `/api${route.path}` }))],
};
