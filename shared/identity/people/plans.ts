/**
 * Which plan an account has at a product. No row means the product's default plan.
 */
import { recordAudit } from '../../audit/audit.js';
import { announceChange } from '../../changes/changes.js';
import { sqlNow } from '../../clock.js';
import { DomainError } from '../../errors.js';
import type { PlanDefinition, Product } from '../../products/product.js';
import { inTransaction, type Services } from '../../services.js';
import type { Actor } from './users.js';

/** The name of an account's plan at a product. */
export async function findPlan(services: Services, accountId: string, product: Product): Promise<string> {
  const row = await services
    .db('account_plans')
    .select('plan')
    .where({ account_id: accountId, product: product.id })
    .first();
  return row?.plan ?? product.defaultPlan;
}

/** The figures of a plan; a plan that the product no longer has counts as the default one. */
export function planDefinition(product: Product, plan: string): PlanDefinition {
  const definition = product.plans[plan] ?? product.plans[product.defaultPlan];
  if (!definition) throw new Error(`product "${product.id}" has no default plan`);
  return definition;
}

/** Puts an account on a plan; running processes see it on the next request. Throws `validation`. */
export async function changePlan(
  services: Services,
  input: { accountId: string; product: Product; plan: string },
  actor: Actor,
): Promise<void> {
  const { accountId, product, plan } = input;
  if (!Object.hasOwn(product.plans, plan)) {
    const known = Object.keys(product.plans).join(', ');
    throw new DomainError('validation', { field: 'plan', message: `plan must be one of: ${known}` });
  }
  await inTransaction(services, async (tx) => {
    await tx
      .db('account_plans')
      .insert({ account_id: accountId, product: product.id, plan, changed_at: sqlNow(tx) })
      .onConflict(['account_id', 'product'])
      .merge();
    await announceChange(tx, { kind: 'account', id: accountId });
    await recordAudit(tx, {
      accountId,
      action: 'plan.changed',
      actor,
      target: { kind: 'account', id: accountId },
      details: { product: product.id, plan },
    });
  });
}
