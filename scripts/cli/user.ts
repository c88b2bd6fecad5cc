import { disableUser, enableUser } from '../../shared/identity/account-status.js';
import { eraseUser } from '../../shared/identity/erasure.js';
import { changePlan } from '../../shared/identity/people/plans.js';
import { type Actor, createUser, getUserByEmail } from '../../shared/identity/people/users.js';
import { personSubject } from '../../shared/ids.js';
import { products } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { product, text, toggle } from './flags.js';

const create = defineCommand({
  flags: { email: text('E'), name: text('N'), password: text('P'), verified: toggle(), human: toggle() },
  async run({ services }, values) {
    const { id, email } = await createUser(services, values, operator);
    return { id: personSubject(id), email };
  },
});

const plan = defineCommand({
  flags: { email: text('E'), product: product(products), plan: text('NAME') },
  async run({ services }, values) {
    const { id } = await getUserByEmail(services, values.email);
    await changePlan(services, { accountId: id, product: values.product, plan: values.plan }, operator);
    return { id: personSubject(id), product: values.product.id, plan: values.plan };
  },
});

/** A verb that takes a person to a status. */
function changeStatus(
  status: string,
  change: (services: Services, userId: string, actor: Actor) => Promise<void>,
) {
  return defineCommand({
    flags: { email: text('E') },
    async run({ services }, { email }) {
      const { id } = await getUserByEmail(services, email);
      await change(services, id, operator);
      return { id: personSubject(id), status };
    },
  });
}

export const verbs: Verbs = {
  create,
  plan,
  disable: changeStatus('disabled', disableUser),
  enable: changeStatus('active', enableUser),
  erase: changeStatus('erased', eraseUser),
};
