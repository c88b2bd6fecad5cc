/** `npm run bench`: ratios, each measured side by side in this one run. */
import { openEnvironment } from './environment.js';
import { benchLimits } from './limits.js';
import { benchWebhooks } from './webhooks.js';

const { services, close } = await openEnvironment();
try {
  for (const line of await benchLimits(services)) console.log(line);
  for (const line of await benchWebhooks(services)) console.log(line);
} finally {
  await close();
}
