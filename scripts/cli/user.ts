import { disableUser, enableUser } from '../../shared/identity/account-status.js';
import { listApiKeys } from '../../shared/identity/api-keys/api-keys.js';
import { eraseUser } from '../../shared/identity/erasure.js';
import { listOAuthClients } from '../../shared/identity/oauth/oauth-client-changes.js';
import { changePlan, findPlan } from '../../shared/identity/people/plans.js';
import { searchUsers } from '../../shared/identity/people/user-search.js';
import { type Actor, createUser, getUserByEmail, type User } from '../../shared/identity/people/users.js';
import { personSubject } from '../../shared/ids.js';
import { products } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { describeClient } from './client.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { optionalText, product, text, toggle } from './flags.js';
import { describeKey } from './key.js';

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

/** Newest first, at most a hundred. */
const list = defineCommand({
  flags: { search: optionalText('T') },
  async run({ services }, { search }) {
    return { users: (await searchUsers(services, { text: search, limit: 100 })).map(describe) };
  },
});

const show = defineCommand({
  flags: { email: text('E') },
  async run({ services }, { email }) {
    const user = await getUserByEmail(services, email);
    const plans = await Promise.all(
      products.map(async (one) => [one.id, await findPlan(services, user.id, one)] as const),
    );
    const keys = await listApiKeys(services, { accountId: user.id });
    return {
      ...describe(user),
      plans: Object.fromEntries(plans),
      keys: keys.map((key) => describeKey(services, key)),
      clients: (await listOAuthClients(services, user.id)).map(describeClient),
    };
  },
});

function describe({ id, email, name, status, emailVerifiedAt, createdAt }: User) {
  return {
    id: personSubject(id),
    email,
    name,
    status,
    email_verified_at: emailVerifiedAt,
    created_at: createdAt,
  };
}

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
  list,
  show,
  plan,
  disable: changeStatus('disabled', disableUser),
  enable: changeStatus('active', enableUser),
  erase: changeStatus('erased', eraseUser),
};
