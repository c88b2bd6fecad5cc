import { replayDelivery, replayFailed } from '../../resource-api/webhooks/delivery-log.js';
import { getOwner, listAllEndpoints, testEndpointNow } from '../../resource-api/webhooks/operation.js';
import { deliveryDetailsView, endpointView } from '../../resource-api/webhooks/views.js';
import { products } from '../../shared/products/index.js';
import { StartupError } from '../../shared/startup-error.js';
import { defineCommand, type Verbs } from './command.js';
import { choice, optionalText, optionalTime, text } from './flags.js';

const dayMs = 86_400_000;

const list = defineCommand({
  flags: { user: optionalText('E'), product: choice(['all', ...products.map(({ id }) => id)], 'all') },
  async run({ services }, { user, product }) {
    const filter = { email: user, product: product === 'all' ? undefined : product };
    const endpoints = await listAllEndpoints(services, filter);
    return {
      endpoints: endpoints.map(({ accountId, product: id, pending, delivered, failed, ...endpoint }) => ({
        ...endpointView({ ...endpoint, accountId, product: id }),
        account_id: accountId,
        product: id,
        pending,
        delivered,
        failed,
      })),
    };
  },
});

/** One delivery by its id, or everything that failed at an endpoint (in the last three days without --since). */
const replay = defineCommand({
  flags: { id: optionalText('DELIVERY'), endpoint: optionalText('ENDPOINT'), since: optionalTime() },
  async run({ services }, { id, endpoint, since }) {
    const chosen = id ?? endpoint;
    if (chosen === undefined) throw new StartupError('--id or --endpoint is missing');
    const owner = await getOwner(services, chosen);
    if (id === undefined) {
      const from = since ?? new Date(services.clock.ms() - 3 * dayMs);
      return { replayed: await replayFailed(services, owner, chosen, from) };
    }
    await replayDelivery(services, owner, id);
    return { replayed: 1 };
  },
});

const test = defineCommand({
  flags: { id: text('ENDPOINT') },
  async run({ services }, { id }) {
    const {
      id: delivery,
      event_id: event,
      state,
      log,
    } = deliveryDetailsView(await testEndpointNow(services, id));
    return { delivery, event, state, attempts: log };
  },
});

export const verbs: Verbs = { list, replay, test };
