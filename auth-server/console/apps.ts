/**
 * OAuth apps of a developer: register, edit, secrets, disable, delete.
 */
import { DomainError } from '../../shared/errors.js';
import { countPeopleOfClient } from '../../shared/identity/oauth/grants.js';
import {
  deleteOAuthClient,
  getOwnClient,
  listOAuthClients,
  setClientDisabled,
  updateOAuthClient,
} from '../../shared/identity/oauth/oauth-client-changes.js';
import {
  createClientSecret,
  deleteClientSecret,
  listClientSecrets,
} from '../../shared/identity/oauth/oauth-client-secrets.js';
import { createOAuthClient, type OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { findProduct, oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { sendPage } from '../http/page.js';
import { appDetailsPage } from '../pages/console/app-details.js';
import type { AppValues } from '../pages/console/app-fields.js';
import { appsPage, type ListedApp } from '../pages/console/apps.js';
import { newAppPage } from '../pages/console/new-app.js';
import { appSecretShownPage } from '../pages/console/secret-shown.js';
import type { FieldErrors } from '../pages/parts/label.js';
import { paths } from '../pages/paths.js';
import { type Desk, goOn, orShowAgain, type Visit } from '../sign-in/desk.js';
import { endOfDay } from './key-form.js';

export function mountApps(desk: Desk): void {
  desk.get(paths.apps, async ({ services, ctx, user, props }) => {
    const clients = await listOAuthClients(services, user.id);
    const apps = await Promise.all(clients.map((client) => listedApp(services, client)));
    sendPage(ctx, appsPage({ ...props, apps }));
  });

  desk.get(paths.newApp, async ({ ctx, props }) => {
    sendPage(ctx, newAppPage({ ...props, products: oauthProducts }));
  });
  desk.post(paths.newApp, async (visit, form) => {
    const { services, ctx, user, actor, props } = visit;
    const isPublic = form.get('public') !== null;
    const jwtAccessTokens = form.get('jwt_access_tokens') !== null;
    const values = { ...readApp(form), product: form.get('product') ?? '', isPublic, jwtAccessTokens };
    await orShowAgain(
      visit,
      async () => {
        if (!oauthProducts.some((product) => product.id === values.product)) {
          throw new DomainError('validation', { field: 'product', message: 'choose a product' });
        }
        const { id, secret } = await createOAuthClient(
          services,
          {
            userId: user.id,
            product: values.product,
            name: values.name,
            redirectUris: linesOf(values.redirectUris),
            public: isPublic,
            jwtAccessTokens,
          },
          actor,
        );
        await showSecret(visit, id, secret);
      },
      async (errors) => sendPage(ctx, newAppPage({ ...props, products: oauthProducts, values, errors })),
    );
  });

  desk.get(paths.app(':id'), (visit) => showApp(visit));
  desk.post(paths.app(':id'), async (visit, form) => {
    const client = await ownClient(visit);
    const values = readApp(form);
    await orShowAgain(
      visit,
      async () => {
        const changes = { name: values.name, redirectUris: linesOf(values.redirectUris) };
        await updateOAuthClient(visit.services, client.id, changes, visit.actor);
        goOn(visit, paths.app(client.id), 'saved');
      },
      (errors) => showApp(visit, values, errors),
    );
  });
  desk.post(paths.appAction(':id', 'disable'), (visit) => setDisabled(visit, true));
  desk.post(paths.appAction(':id', 'enable'), (visit) => setDisabled(visit, false));
  desk.post(paths.appAction(':id', 'delete'), async (visit, form) => {
    const client = await ownClient(visit);
    if (form.get('confirm')?.trim() !== client.name) {
      visit.ctx.status = 400;
      return showApp(visit, undefined, { confirm: 'That is not the name of this app.' });
    }
    await deleteOAuthClient(visit.services, client.id, visit.actor);
    goOn(visit, paths.apps, 'deleted');
  });
  desk.post(paths.appAction(':id', 'secrets'), async (visit, form) => {
    const client = await ownClient(visit);
    await orShowAgain(
      visit,
      async () => {
        const name = form.get('secret_name') ?? '';
        const expiresAt = endOfDay(form.get('expires_on') ?? undefined) ?? undefined;
        const secret = await createClientSecret(
          visit.services,
          { clientId: client.id, name, expiresAt },
          visit.actor,
        );
        await showSecret(visit, client.id, secret);
      },
      ({ name, ...errors }) =>
        showApp(visit, undefined, { ...errors, ...(name ? { secret_name: name } : {}) }),
      'secret_name',
    );
  });
  desk.post(paths.appSecretDelete(':id', ':secretId'), async (visit) => {
    const client = await ownClient(visit);
    const secretId = visit.params.secretId ?? '';
    await deleteClientSecret(visit.services, { clientId: client.id, secretId }, visit.actor);
    goOn(visit, paths.app(client.id), 'secret-removed');
  });
}

const ownClient = ({ services, user, params }: Visit) => getOwnClient(services, user.id, params.id ?? '');

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

function readApp(form: URLSearchParams): Required<AppValues> {
  return { name: form.get('name') ?? '', redirectUris: form.get('redirect_uris') ?? '' };
}

async function setDisabled(visit: Visit, disabled: boolean): Promise<void> {
  const client = await ownClient(visit);
  await setClientDisabled(visit.services, client.id, disabled, visit.actor);
  goOn(visit, paths.app(client.id), 'saved');
}

async function listedApp(services: Services, client: OAuthClient): Promise<ListedApp> {
  return {
    id: client.id,
    name: client.name,
    productName: findProduct(client.product ?? '')?.name ?? 'any product',
    isPublic: client.public,
    state: client.disabledAt === null ? 'active' : 'disabled',
    createdAt: client.createdAt,
    people: await countPeopleOfClient(services, client.id),
  };
}

async function showSecret(visit: Visit, clientId: string, clientSecret: string | undefined): Promise<void> {
  const client = await getOwnClient(visit.services, visit.user.id, clientId);
  const { id, name } = client;
  const page = {
    ...visit.props,
    app: { id, name },
    clientSecret,
    authorizeUrl: authorizeUrl(visit.services, client),
  };
  sendPage(visit.ctx, appSecretShownPage(page));
}

async function showApp(visit: Visit, values?: AppValues, errors?: FieldErrors): Promise<void> {
  const { services, ctx, props } = visit;
  const client = await ownClient(visit);
  sendPage(
    ctx,
    appDetailsPage({
      ...props,
      app: await listedApp(services, client),
      values: values ?? { name: client.name, redirectUris: client.redirectUris.join('\n') },
      errors,
      secrets: await listClientSecrets(services, client.id),
      authorizeUrl: authorizeUrl(services, client),
    }),
  );
}

/** Where the app sends people, with all that it must say. */
function authorizeUrl({ config }: Services, client: OAuthClient): string {
  const product = oauthProducts.find((one) => one.id === client.product);
  const query = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirectUris[0] ?? '',
    scope: product?.oauth.defaultScope ?? '',
    state: 'random_csrf_token',
  });
  return `${config.issuer}/authorize?${query}`;
}
