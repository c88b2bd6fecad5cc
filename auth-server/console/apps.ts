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
import { requireConfirmed } from '../../shared/identity/people/confirmed-owner.js';
import { findProduct, oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { submitOnce } from '../http/submit-once.js';
import { appDetailsPage } from '../pages/console/app-details.js';
import type { AppValues } from '../pages/console/app-fields.js';
import type { NewSecretValues } from '../pages/console/app-secrets.js';
import { appsPage, type ListedApp } from '../pages/console/apps.js';
import { newAppPage } from '../pages/console/new-app.js';
import { appSecretShownPage } from '../pages/console/secret-shown.js';
import { paths } from '../pages/paths.js';
import { goOn, type PageRequest, type SignedInRouter, submissionOf } from '../sign-in/signed-in-router.js';
import { endOfDay } from './key-form.js';

export function mountApps(signedIn: SignedInRouter): void {
  signedIn.get(paths.apps, async ({ services, ctx, user, props }) => {
    const clients = await listOAuthClients(services, user.id);
    const apps = await Promise.all(clients.map((client) => listedApp(services, client)));
    sendPage(ctx, appsPage({ ...props, apps }));
  });

  signedIn.get(paths.newApp, async ({ ctx, props }) => {
    sendPage(ctx, newAppPage({ ...props, products: oauthProducts }));
  });
  signedIn.form(paths.newApp, (request, form) => {
    const { services, ctx, user, actor, props } = request;
    const isPublic = form.get('public') !== null;
    const jwtAccessTokens = form.get('jwt_access_tokens') !== null;
    const values = { ...readApp(form), product: form.get('product') ?? '', isPublic, jwtAccessTokens };
    return {
      act: async () => {
        if (!oauthProducts.some((product) => product.id === values.product)) {
          throw new DomainError('validation', { field: 'product', message: 'choose a product' });
        }
        requireConfirmed(user.emailVerifiedAt);
        const submitted = await submitOnce(services, submissionOf(request, form), (tx) =>
          createOAuthClient(
            tx,
            {
              userId: user.id,
              product: values.product,
              name: values.name,
              redirectUris: linesOf(values.redirectUris),
              public: isPublic,
              jwtAccessTokens,
            },
            actor,
          ),
        );
        if ('madeBefore' in submitted) {
          return goOn(request, paths.app(submitted.madeBefore), 'app-made-before');
        }
        await showSecret(request, submitted.made.id, submitted.made.secret);
      },
      again: async (errors) =>
        sendPage(ctx, newAppPage({ ...props, products: oauthProducts, values, errors })),
    };
  });

  signedIn.get(paths.app(':id'), (request) => showApp(request));
  signedIn.form(paths.app(':id'), async (request, form) => {
    const client = await ownClient(request);
    const values = readApp(form);
    return {
      act: async () => {
        const changes = { name: values.name, redirectUris: linesOf(values.redirectUris) };
        await updateOAuthClient(request.services, client.id, changes, request.actor);
        goOn(request, paths.app(client.id), 'saved');
      },
      again: (errors) => showApp(request, { values, errors }),
    };
  });
  signedIn.post(paths.appAction(':id', 'disable'), (request) => setDisabled(request, true));
  signedIn.post(paths.appAction(':id', 'enable'), (request) => setDisabled(request, false));
  signedIn.form(paths.appAction(':id', 'delete'), async (request, form) => {
    const client = await ownClient(request);
    const confirm = form.get('confirm') ?? '';
    return {
      act: async () => {
        if (confirm.trim() !== client.name) {
          throw new DomainError('validation', {
            field: 'confirm',
            message: 'that is not the name of this app',
          });
        }
        await deleteOAuthClient(request.services, client.id, request.actor);
        goOn(request, paths.apps, 'deleted');
      },
      again: (errors) => showApp(request, { errors, confirm }),
    };
  });
  signedIn.form(paths.appAction(':id', 'secrets'), async (request, form) => {
    const client = await ownClient(request);
    const newSecret = { name: form.get('secret_name') ?? '', expiresOn: form.get('expires_on') ?? '' };
    return {
      act: async () => {
        const submitted = await submitOnce(request.services, submissionOf(request, form), async (tx) => {
          const expiresAt = endOfDay(newSecret.expiresOn) ?? undefined;
          const input = { clientId: client.id, name: newSecret.name, expiresAt };
          return { id: client.id, secret: await createClientSecret(tx, input, request.actor) };
        });
        if ('madeBefore' in submitted) return goOn(request, paths.app(client.id), 'secret-made-before');
        await showSecret(request, client.id, submitted.made.secret);
      },
      again: ({ name, ...errors }) =>
        showApp(request, { errors: { ...errors, ...(name ? { secret_name: name } : {}) }, newSecret }),
      otherField: 'secret_name',
    };
  });
  signedIn.post(paths.appSecretDelete(':id', ':secretId'), async (request) => {
    const client = await ownClient(request);
    const secretId = request.params.secretId ?? '';
    const secrets = await listClientSecrets(request.services, client.id);
    const now = request.props.now.getTime();
    const others = secrets.filter(
      ({ id, expiresAt }) => id !== secretId && (expiresAt === null || expiresAt.getTime() > now),
    );
    if (others.length === 0) {
      request.ctx.status = 409;
      request.props.error =
        'This is the only secret with which the app can sign in. Add another and switch the app over, then remove this one.';
      return showApp(request);
    }
    await deleteClientSecret(request.services, { clientId: client.id, secretId }, request.actor);
    goOn(request, paths.app(client.id), 'secret-removed');
  });
}

const ownClient = ({ services, user, params }: PageRequest) =>
  getOwnClient(services, user.id, params.id ?? '');

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

function readApp(form: URLSearchParams): Required<AppValues> {
  return { name: form.get('name') ?? '', redirectUris: form.get('redirect_uris') ?? '' };
}

async function setDisabled(request: PageRequest, disabled: boolean): Promise<void> {
  const client = await ownClient(request);
  await setClientDisabled(request.services, client.id, disabled, request.actor);
  goOn(request, paths.app(client.id), 'saved');
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

async function showSecret(
  request: PageRequest,
  clientId: string,
  clientSecret: string | undefined,
): Promise<void> {
  const client = await getOwnClient(request.services, request.user.id, clientId);
  const { id, name } = client;
  const page = {
    ...request.props,
    app: { id, name },
    clientSecret,
    authorizeUrl: authorizeUrl(request.services, client),
  };
  sendPage(request.ctx, appSecretShownPage(page));
}

/** What was typed into one of the page's forms, when it is shown again. */
interface TypedBefore {
  values?: AppValues;
  newSecret?: NewSecretValues;
  confirm?: string;
  errors?: FieldErrors;
}

async function showApp(request: PageRequest, typed: TypedBefore = {}): Promise<void> {
  const { services, ctx, props } = request;
  const client = await ownClient(request);
  sendPage(
    ctx,
    appDetailsPage({
      ...props,
      app: await listedApp(services, client),
      ...typed,
      values: typed.values ?? { name: client.name, redirectUris: client.redirectUris.join('\n') },
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
