/**
 * Something to try Latchkey with: a developer with a test key and an OAuth app, and Maria, who can take tasks. Made
 * once, in an embedded database that has no user yet; never in one that somebody else brought.
 *
 * The password of both follows from the secret of the data folder, so it need not be kept to be shown again. The
 * key is shown at the start that made it and never again, like every key.
 */
import { createHmac } from 'node:crypto';
import { createApiKey } from '../../shared/identity/api-keys/api-keys.js';
import { createOAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { createUser, findUserByEmail } from '../../shared/identity/people/users.js';
import { getProduct } from '../../shared/products/index.js';
import { inTransaction, type Services } from '../../shared/services.js';

const developerEmail = 'dev@example.com';
const mariaEmail = 'maria@example.com';
const appName = 'Errand Bot';
/** Where scripts/try-flow.js listens. */
const redirectUri = 'http://localhost:8912/callback';

interface Demo {
  clientId: string;
  /** Only at the start that made it. */
  key?: string;
}

/** Makes the demo data if there is no user yet. @returns lines to print: commands that work when pasted */
export async function prepareDemo(services: Services): Promise<string[]> {
  const demo = await inTransaction(services, async (tx) => {
    const user = await tx.db('users').first('id');
    return user === undefined ? createDemoData(tx) : findDemoData(tx);
  });
  return demo === undefined ? [] : describe(services, demo);
}

async function createDemoData(services: Services): Promise<Demo> {
  const password = demoPassword(services);
  const verified = true;
  const developer = await createUser(services, {
    email: developerEmail,
    name: 'Dana Developer',
    password,
    verified,
  });
  await createUser(services, {
    email: mariaEmail,
    name: 'Maria Demo',
    password,
    verified,
    human: true,
  });
  const actor = { kind: 'system', id: 'demo' } as const;
  const product = getProduct('haas');
  const { id: clientId } = await createOAuthClient(
    services,
    { userId: developer.id, product: product.id, name: appName, redirectUris: [redirectUri], public: true },
    actor,
  );
  const { key } = await createApiKey(
    services,
    { product, owner: { userId: developer.id }, environment: 'test', name: 'Demo' },
    actor,
  );
  return { clientId, key };
}

async function findDemoData(services: Services): Promise<Demo | undefined> {
  const developer = await findUserByEmail(services, developerEmail);
  const maria = await findUserByEmail(services, mariaEmail);
  if (developer === undefined || maria === undefined) return undefined;
  const client = await services
    .db('oauth_clients')
    .first('id')
    .where({ user_id: developer.id, name: appName });
  return client && { clientId: client.id };
}

function demoPassword({ config }: Services): string {
  const [key = ''] = config.secretKeys;
  return createHmac('sha256', key).update('demo password').digest('base64url').slice(0, 16);
}

function describe(services: Services, { clientId, key }: Demo): string[] {
  const { issuer, apiUrl } = services.config;
  const call =
    key === undefined
      ? [
          'Another test key:',
          `npm run -s cli -- key create --user ${developerEmail} --product haas --env test`,
        ]
      : [
          "A simulated human's status, with a test key that is shown only now:",
          `curl -s ${apiUrl}/haas/v1/humans/usr_maria_42/status -H 'Authorization: Bearer ${key}'`,
        ];
  return [
    '',
    ...call,
    '',
    "A whole sign-in with consent: this waits for the app's callback, then shows the tokens and what they open.",
    `Open what it prints and sign in as ${mariaEmail} with the password ${demoPassword(services)}`,
    `node scripts/try-flow.js ${issuer} ${apiUrl} ${clientId}`,
    '',
    'An app of your own:',
    `npm run -s cli -- client create --user ${developerEmail} --product haas --name 'My app' --redirect-uri http://localhost:8913/callback`,
    '',
  ];
}
