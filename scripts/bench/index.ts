/** `npm run bench`: ratios, each measured side by side in this one run. */
import { openEnvironment } from './environment.js';
import { benchLimits } from './limits.js';

const { services, close } = await openEnvironment();
try {
  for (const line of await benchLimits(services)) console.log(line);
} finally {
  await close();
}
