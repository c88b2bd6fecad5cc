import { createOAuthClient } from '../../shared/identity/oauth-clients.js';
import { getUserByEmail } from '../../shared/identity/users.js';
import { oauthProducts } from '../../shared/products/index.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { product, repeated, text, toggle } from './flags.js';

const create = defineCommand({
  flags: {
    user: text('E'),
    product: product(oauthProducts),
    name: text('N'),
    'redirect-uri': repeated('U'),
    public: toggle(),
  },
  async run({ services }, values) {
    const owner = await getUserByEmail(services, values.user);
    const { id, secret } = await createOAuthClient(
      services,
      {
        userId: owner.id,
        product: values.product.id,
        name: values.name,
        redirectUris: values['redirect-uri'],
        public: values.public,
      },
      operator,
    );
    return { client_id: id, client_secret: secret };
  },
});

export const verbs: Verbs = { create };
