import { createApiKey } from '../../shared/identity/api-keys.js';
import { getUserByEmail } from '../../shared/identity/users.js';
import { products } from '../../shared/products/index.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { choice, commaList, optionalText, optionalTime, product, text } from './flags.js';

const create = defineCommand({
  flags: {
    user: text('E'),
    product: product(products),
    env: choice(['test', 'live'], 'live'),
    name: optionalText('N'),
    permissions: commaList('a'),
    expires: optionalTime(),
    'allow-ip': commaList('CIDR'),
  },
  async run({ services }, values) {
    const owner = await getUserByEmail(services, values.user);
    const { id, key } = await createApiKey(
      services,
      {
        product: values.product,
        owner: { userId: owner.id },
        environment: values.env,
        name: values.name,
        permissions: values.permissions,
        expiresAt: values.expires,
        ipAllowlist: values['allow-ip'],
      },
      operator,
    );
    return { id, key };
  },
});

export const verbs: Verbs = { create };
