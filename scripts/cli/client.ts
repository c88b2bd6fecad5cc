import { DomainError } from '../../shared/errors.js';
import { countPeopleOfClient } from '../../shared/identity/oauth/grants.js';
import {
  deleteOAuthClient,
  listOAuthClients,
  setClientDisabled,
  updateOAuthClient,
} from '../../shared/identity/oauth/oauth-client-changes.js';
import { listClientSecrets, rotateClientSecret } from '../../shared/identity/oauth/oauth-client-secrets.js';
import {
  createOAuthClient,
  findOAuthClient,
  type OAuthClient,
} from '../../shared/identity/oauth/oauth-clients.js';
import { getUserByEmail } from '../../shared/identity/people/users.js';
import { oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { StartupError } from '../../shared/startup-error.js';
import { defineCommand, type Verbs } from './command.js';
import { operator } from './context.js';
import { optionalRepeated, optionalText, product, repeated, text, toggle } from './flags.js';

const create = defineCommand({
  flags: {
    user: text('E'),
    product: product(oauthProducts),
    name: text('N'),
    'redirect-uri': repeated('U'),
    public: toggle(),
    'jwt-access-tokens': toggle(),
    'backchannel-logout-uri': optionalText('U'),
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
        jwtAccessTokens: values['jwt-access-tokens'],
        backchannelLogoutUri: values['backchannel-logout-uri'],
      },
      operator,
    );
    return { client_id: id, client_secret: secret };
  },
});

const rotateSecret = defineCommand({
  flags: { id: text('C'), 'grace-seconds': optionalText('S') },
  async run({ services }, values) {
    const graceSeconds = seconds(values['grace-seconds']);
    const secret = await rotateClientSecret(services, { clientId: values.id, graceSeconds }, operator);
    return { client_id: values.id, client_secret: secret };
  },
});

const list = defineCommand({
  flags: { user: optionalText('E') },
  async run({ services }, values) {
    const owner = values.user === undefined ? undefined : await getUserByEmail(services, values.user);
    const clients = await listOAuthClients(services, owner?.id);
    return { clients: clients.map(describeClient) };
  },
});

const show = defineCommand({
  flags: { id: text('C') },
  async run({ services }, { id }) {
    const secrets = await listClientSecrets(services, id);
    return {
      ...describeClient(await getClient(services, id)),
      people: await countPeopleOfClient(services, id),
      secrets: secrets.length,
    };
  },
});

const update = defineCommand({
  flags: { id: text('C'), name: optionalText('N'), 'redirect-uri': optionalRepeated('U') },
  async run({ services }, { id, name, 'redirect-uri': redirectUris }) {
    await getClient(services, id);
    await updateOAuthClient(
      services,
      id,
      { ...(name !== undefined && { name }), ...(redirectUris && { redirectUris }) },
      operator,
    );
    return describeClient(await getClient(services, id));
  },
});

async function getClient(services: Services, id: string): Promise<OAuthClient> {
  const client = await findOAuthClient(services, id);
  if (!client) throw new DomainError('not_found', { subject: 'app', message: `No app has the id ${id}` });
  return client;
}

const remove = defineCommand({
  flags: { id: text('C') },
  async run({ services }, values) {
    await deleteOAuthClient(services, values.id, operator);
    return { client_id: values.id, deleted: true };
  },
});

const disable = defineCommand({
  flags: { id: text('C') },
  async run({ services }, values) {
    await setClientDisabled(services, values.id, true, operator);
    return { client_id: values.id, status: 'disabled' };
  },
});

const enable = defineCommand({
  flags: { id: text('C') },
  async run({ services }, values) {
    await setClientDisabled(services, values.id, false, operator);
    return { client_id: values.id, status: 'active' };
  },
});

/** A client without its secrets. */
export function describeClient(client: OAuthClient) {
  return {
    client_id: client.id,
    name: client.name,
    product: client.product,
    redirect_uris: client.redirectUris,
    public: client.public,
    self_registered: client.selfRegistered,
    status: client.disabledAt === null ? 'active' : 'disabled',
    created_at: client.createdAt,
    last_used_at: client.lastUsedAt,
  };
}

/** A day, where nothing else is said: time enough to roll the new secret out. */
function seconds(given: string | undefined): number {
  if (given === undefined) return 86_400;
  if (!/^\d{1,9}$/.test(given)) throw new StartupError('--grace-seconds must be a whole number of seconds');
  return Number(given);
}

export const verbs: Verbs = {
  create,
  'rotate-secret': rotateSecret,
  list,
  show,
  update,
  delete: remove,
  disable,
  enable,
};
