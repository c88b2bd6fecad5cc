/**
 * `npm run test:clients`: the conformance suite of the protocol against the real mount, behind a forwarder that adds a
 * token, since the suite itself sends none. A tool that cannot be installed fails the run.
 */

import { createResourceApi } from '../../resource-api/app.js';
import { mcpRoutes } from '../../resource-api/products/mcp/mount.js';
import { serve } from '../../shared/http/serve.js';
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createUser } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import { openEnvironment } from '../bench/environment.js';
import { createFixtureServer } from './fixture-server.js';
import { startForwarder } from './forwarder.js';
import { installTools, runConformance } from './tools.js';

/**
 * What fails in each revision. A run that fails in other scenarios than these, more or fewer, fails: the four of
 * 2025-11-25 push from server to client over a session, which this server does not have. The others are no
 * requirement of their revision, and their tools are not among our fixtures.
 */
const withoutFixture = ['json-schema-2020-12'];
const runs = [
  {
    revision: '2026-07-28',
    failing: [
      ...withoutFixture,
      'http-custom-header-server-validation',
      'tasks-capability-negotiation',
      'tasks-dispatch-and-envelope',
      'tasks-lifecycle',
      'tasks-mrtr-composition',
      'tasks-mrtr-input',
      'tasks-request-headers',
      'tasks-request-state-removal',
      'tasks-required-task-error',
      'tasks-wire-fields',
    ],
  },
  {
    revision: '2025-11-25',
    failing: [
      ...withoutFixture,
      'elicitation-sep1034-defaults',
      'elicitation-sep1330-enums',
      'tools-call-elicitation',
      'tools-call-sampling',
    ],
  },
];

const { services, close } = await openEnvironment();
try {
  const tools = await installTools();
  const definition = { server: createFixtureServer, scope: () => undefined, describe: () => [] };
  const product = getProduct('mcp');
  const api = createResourceApi(services, [{ product, routes: mcpRoutes(definition) }]);
  const server = await serve({ handler: api.handler, host: '127.0.0.1', port: 0 });
  const person = await createUser(services, {
    email: 'conformance@example.com',
    name: 'Suite',
    verified: true,
  });
  const { key } = await createApiKey(
    services,
    { product, owner: { userId: person.id }, environment: 'live' },
    { kind: 'person', id: person.id },
  );
  const forwarder = await startForwarder(server.url, key);
  // The suite calls as a page of the server's own origin, which is the forwarder's here.
  services.config.mcpAllowedOrigins = [forwarder.url];
  try {
    for (const { revision, failing } of runs) {
      const found = await runConformance(tools, `${forwarder.url}/mcp`, revision);
      const asExpected = found.join() === [...failing].sort().join();
      if (!asExpected) process.exitCode = 1;
      console.log(
        `${revision}: ${asExpected ? 'as expected' : 'NOT as expected'}; failing: ${found.join(', ')}`,
      );
    }
  } finally {
    await forwarder.close();
    await server.close();
    await api.close();
  }
} finally {
  await close();
}
