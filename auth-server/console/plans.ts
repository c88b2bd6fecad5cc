/**
 * The plans of an account, to look at: who changes them is the operator (`user plan` on the command line).
 */
import { findPlan } from '../../shared/identity/people/plans.js';
import { type Product, products } from '../../shared/products/index.js';
import type { PlanDefinition } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { sendPage } from '../http/page.js';
import { type ProductPlans, plansPage } from '../pages/console/plans.js';
import { paths } from '../pages/paths.js';
import type { SignedInRouter } from '../sign-in/signed-in-router.js';

/** What a plan may bound; a column stands only where some plan of the product says something. */
const columns: ReadonlyArray<{
  label: string;
  value: (plan: PlanDefinition) => number | boolean | undefined;
}> = [
  { label: 'Tasks at once', value: (plan) => plan.concurrentTasks },
  { label: 'People', value: (plan) => plan.humans },
  { label: 'Sessions at once', value: (plan) => plan.concurrentSessions },
  { label: 'Allowlist', value: (plan) => plan.ipAllowlist },
];

export function mountPlans(signedIn: SignedInRouter): void {
  signedIn.get(paths.plans, async ({ services, ctx, user, props }) => {
    const shown = products.filter((product) => product.keys.ownedBy !== 'agent');
    const listed = await Promise.all(shown.map((product) => describePlans(services, product, user.id)));
    sendPage(ctx, plansPage({ ...props, products: listed, canChoose: false }));
  });
}

async function describePlans(services: Services, product: Product, accountId: string): Promise<ProductPlans> {
  const plans = Object.entries(product.plans);
  const used = columns.filter(({ value }) => plans.some(([, plan]) => value(plan) !== undefined));
  const request = Object.values(product.limits).find((limit) => limit.quota === 'plan');
  const per = request?.window.kind === 'clockHour' ? 'hour' : 'minute';
  return {
    id: product.id,
    name: product.name,
    current: await findPlan(services, accountId, product),
    limits: [`Calls per ${per}`, ...used.map(({ label }) => label)],
    plans: plans.map(([id, plan]) => ({
      id,
      label: plan.label,
      values: [String(plan.requests), ...used.map(({ value }) => inWords(value(plan)))],
    })),
  };
}

function inWords(value: number | boolean | undefined): string {
  if (value === true) return 'yes';
  if (value === undefined || value === false) return 'no';
  return Number.isFinite(value) ? String(value) : 'unlimited';
}
