/** Calls by hour and key. */
import { listApiKeys } from '../../shared/identity/api-keys/api-keys.js';
import { listUsage } from '../../shared/identity/api-keys/key-usage.js';
import { getProduct, products } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import type { HourCount } from '../../shared/ui/bars.js';
import { sendPage } from '../http/page.js';
import { usagePage } from '../pages/console/usage.js';
import { paths, withQuery } from '../pages/paths.js';
import type { SignedInRouter } from '../sign-in/signed-in-router.js';

const hourMs = 3_600_000;

/** Products whose keys belong to a person; those of agents are made and counted over their API. */
const usedProducts = products.filter((product) => product.keys.ownedBy !== 'agent');

const periods = [
  { id: '24h', label: '24 hours', hours: 24 },
  { id: '7d', label: '7 days', hours: 7 * 24 },
] as const;

export function mountUsage(signedIn: SignedInRouter): void {
  signedIn.get(paths.usage, async ({ services, ctx, user, props, query }) => {
    const product = usedProducts.find(({ id }) => id === query.get('product'))?.id;
    const period = periods.find((one) => one.id === query.get('period')) ?? periods[0];
    const keys = await listApiKeys(services, { accountId: user.id, product });
    const used = keys.filter((key) => key.status !== 'revoked' || key.lastUsedAt !== null);
    const link = (change: Record<string, string | undefined>) =>
      withQuery(paths.usage, { product, period: period.id, ...change });
    sendPage(
      ctx,
      usagePage({
        ...props,
        period: `the last ${period.label}`,
        filters: [
          {
            label: 'When',
            options: periods.map((one) => ({
              label: one.label,
              href: link({ period: one.id }),
              current: one === period,
            })),
          },
          {
            label: 'Product',
            options: [
              { label: 'All', href: link({ product: undefined }), current: product === undefined },
              ...usedProducts.map(({ id, name }) => ({
                label: name,
                href: link({ product: id }),
                current: id === product,
              })),
            ],
          },
        ],
        keys: await Promise.all(
          used.map(async (key) => ({
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            lastFour: key.lastFour,
            productName: getProduct(key.product).name,
            hours: await hoursOf(services, key.id, period.hours),
          })),
        ),
      }),
    );
  });
}

/** Every hour of the period, oldest first, quiet ones too. */
async function hoursOf(services: Services, keyId: string, count: number): Promise<HourCount[]> {
  const first = Math.floor(services.clock.ms() / hourMs) * hourMs - (count - 1) * hourMs;
  const known = await listUsage(services, { keyId }, new Date(first));
  const byHour = new Map(known.map(({ hour, calls }) => [hour.getTime(), calls]));
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * hourMs;
    const calls = Object.entries(byHour.get(at) ?? {});
    const sum = (classes: (one: number) => boolean) =>
      calls.reduce((total, [one, amount]) => (classes(Number(one)) ? total + amount : total), 0);
    return {
      at: new Date(at),
      calls: sum(() => true),
      refused: sum((one) => one === 4),
      failed: sum((one) => one === 5),
    };
  });
}
