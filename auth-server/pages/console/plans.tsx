import { AppShell, type AppShellPageProps } from '../../../shared/ui/app-shell.js';
import { renderPage } from '../../../shared/ui/document.js';
import { ActionButton } from '../../../shared/ui/form.js';
import { Tag } from '../../../shared/ui/state.js';
import { Table } from '../../../shared/ui/table.js';
import { paths } from '../paths.js';
import { consoleSidebar } from './sidebar.js';

export interface ProductPlans {
  id: string;
  name: string;
  /** Id of the account's plan. */
  current: string;
  /** "Requests per minute", "People". */
  limits: readonly string[];
  plans: readonly { id: string; label: string; values: readonly string[] }[];
}

export interface PlansProps extends AppShellPageProps {
  products: readonly ProductPlans[];
  /** Whether people may choose a plan themselves: a form with `product` and `plan`. */
  canChoose: boolean;
}

function ChoosePlan({
  product,
  plan,
  csrf,
}: {
  product: ProductPlans;
  plan: { id: string; label: string };
  csrf: string;
}) {
  return (
    <ActionButton
      action={paths.plans}
      csrf={csrf}
      hidden={{ product: product.id, plan: plan.id }}
      label={`Choose ${plan.label} for ${product.name}`}
    >
      Choose
    </ActionButton>
  );
}

export function plansPage({ products, canChoose, ...page }: PlansProps): string {
  return renderPage(
    <AppShell
      {...page}
      sidebar={consoleSidebar}
      current={paths.plans}
      title="Plans"
      lead="A plan sets how much your account may do with a product. A change takes effect with the next call."
    >
      {products.map((product) => (
        <section key={product.id}>
          <h2>{product.name}</h2>
          <Table
            acts
            caption={`Plans of ${product.name}`}
            columns={['Plan', ...product.limits, 'Choice']}
            figures={product.limits.map((_, index) => index + 1)}
            rows={product.plans.map((plan) => ({
              key: plan.id,
              cells: [
                plan.label,
                ...plan.values,
                plan.id === product.current ? (
                  <Tag tone="go">your plan</Tag>
                ) : canChoose ? (
                  <ChoosePlan product={product} plan={plan} csrf={page.csrf} />
                ) : (
                  ''
                ),
              ],
            }))}
          />
        </section>
      ))}
    </AppShell>,
  );
}
