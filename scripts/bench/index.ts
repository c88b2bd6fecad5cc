/** `npm run bench`: ratios, each measured side by side in this one run. */
import { openEnvironment } from './environment.js';
import { benchRefresh } from './refresh.js';
import { benchVerification } from './verification.js';
import { benchWebhooks } from './webhooks.js';

const { services, close } = await openEnvironment();
try {
  for (const bench of [benchVerification, benchRefresh, benchWebhooks]) {
    for (const line of await bench(services)) console.log(line);
  }
} finally {
  await close();
}
