/**
 * Settings → API Keys. A key is shown on the answer to the form that made it and nowhere else: no redirect, no
 * address that shows it again.
 */

import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import { DomainError } from '../../shared/errors.js';
import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
  updateApiKey,
} from '../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import { createApiKey, getApiKey, listApiKeys } from '../../shared/identity/api-keys/api-keys.js';
import { listKeyCalls } from '../../shared/identity/api-keys/key-calls.js';
import { findProduct, getProduct, type Product, products } from '../../shared/products/index.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { apiKeysPage } from '../pages/console/api-keys.js';
import type { KeyValues } from '../pages/console/key-fields.js';
import { keySettingsPage } from '../pages/console/key-settings.js';
import { newKeyPage } from '../pages/console/new-key.js';
import { keyShownPage } from '../pages/console/secret-shown.js';
import { paths } from '../pages/paths.js';
import { goOn, orShowAgain, type PageRequest, type SignedInRouter } from '../sign-in/signed-in-router.js';
import { endOfDay, expiryOf, keyFacts, listedKey, readKeyForm, sampleCurl, valuesOf } from './key-form.js';

/** Calls that the settings page of a key shows. */
const shownCalls = 50;

/** Products whose keys a person can make here; agents of the others are made over their API. */
const consoleProducts = products.filter((product) => product.keys.ownedBy !== 'agent');

export function mountKeys(signedIn: SignedInRouter): void {
  signedIn.get(paths.keys, async ({ services, ctx, user, props, query }) => {
    const product = findProduct(query.get('product') ?? '')?.id;
    const keys = await listApiKeys(services, { accountId: user.id, product });
    const listed = keys.map((key) => listedKey(key, props.now));
    sendPage(ctx, apiKeysPage({ ...props, products: consoleProducts, product, keys: listed }));
  });

  signedIn.get(paths.newKey, (request) => showNewKey(request, productOf(request.query.get('product'))));
  signedIn.post(paths.newKey, async (request, form) => {
    const { services, user, actor } = request;
    const product = productOf(form.get('product'));
    const values = readKeyForm(form, product);
    await orShowAgain(
      request,
      async () => {
        const { key, id } = await createApiKey(
          services,
          {
            product,
            owner: { userId: user.id },
            environment: (values.environment ?? 'live') as KeyEnvironment,
            name: values.name,
            permissions: product.permissions && [...(values.permissions ?? [])],
            expiresAt: endOfDay(values.expiresOn) ?? undefined,
            ipAllowlist: values.addresses.length > 0 ? values.addresses : undefined,
            rotateEveryDays: values.rotateEveryDays,
            leakPolicy: values.leakPolicy,
          },
          actor,
        );
        await showKey(request, { id, key, name: values.name ?? '' });
      },
      (errors) => showNewKey(request, product, values, errors),
    );
  });

  signedIn.get(paths.key(':id'), (request) => showSettings(request));
  signedIn.post(paths.key(':id'), async (request, form) => {
    const { services, params, actor } = request;
    const ref = refOf(request);
    const { product: productId } = await getApiKey(services, ref);
    const values = readKeyForm(form, getProduct(productId));
    const known = getProduct(productId).permissions;
    await orShowAgain(
      request,
      async () => {
        await updateApiKey(
          services,
          ref,
          {
            name: values.name,
            permissions:
              known && (values.permissions?.length === known.length ? null : [...(values.permissions ?? [])]),
            ipAllowlist: form.has('allow_ip')
              ? values.addresses.length > 0
                ? values.addresses
                : null
              : undefined,
            ...expiryOf(await getApiKey(services, ref), values),
            leakPolicy: values.leakPolicy ?? null,
          },
          actor,
        );
        goOn(request, paths.key(params.id ?? ''), 'saved');
      },
      (errors) => showSettings(request, values, errors),
    );
  });

  signedIn.post(paths.keyAction(':id', 'rename'), async (request, form) => {
    await updateApiKey(request.services, refOf(request), { name: form.get('name') ?? '' }, request.actor);
    goOn(request, paths.keys, 'renamed');
  });
  signedIn.post(paths.keyAction(':id', 'roll'), async (request, form) => {
    const graceSeconds = Number(form.get('grace_seconds') ?? 86_400);
    const rolled = await rollApiKey(request.services, refOf(request), { graceSeconds }, request.actor);
    const { predecessor } = rolled;
    await showKey(request, {
      ...rolled,
      name: predecessor.name,
      oldKeyEndsAt: predecessor.expiresAt ?? request.props.now,
    });
  });
  signedIn.post(paths.keyAction(':id', 'disable'), async (request) => {
    await disableApiKey(request.services, refOf(request), request.actor);
    goOn(request, paths.keys, 'disabled');
  });
  signedIn.post(paths.keyAction(':id', 'enable'), async (request) => {
    await enableApiKey(request.services, refOf(request), request.actor);
    goOn(request, paths.keys, 'enabled');
  });
  signedIn.post(paths.keyAction(':id', 'delete'), async (request) => {
    await revokeApiKey(request.services, refOf(request), request.actor);
    goOn(request, paths.keys, 'deleted');
  });
}

/** One's own key, or none. */
const refOf = ({ params, user }: PageRequest) => ({ id: params.id ?? '', accountId: user.id });

function productOf(id: string | null): Product {
  const product = consoleProducts.find((one) => one.id === id) ?? consoleProducts[0];
  if (!product) throw new DomainError('not_found');
  return product;
}

async function showNewKey(
  request: PageRequest,
  product: Product,
  values: KeyValues = {},
  errors?: FieldErrors,
) {
  const { services, ctx, user, props } = request;
  const definition = await keyFacts(services, product, user.id);
  sendPage(
    ctx,
    newKeyPage({ ...props, products: consoleProducts, product, facts: definition, values, errors }),
  );
}

async function showKey(
  request: PageRequest,
  made: { id: string; key: string; name: string; oldKeyEndsAt?: Date },
) {
  const { services, ctx, props } = request;
  const { product } = await getApiKey(services, { id: made.id });
  const curl = sampleCurl(services.config, getProduct(product), made.key);
  const { name, key, oldKeyEndsAt } = made;
  sendPage(ctx, keyShownPage({ ...props, name, key, curl, oldKeyEndsAt }));
}

async function showSettings(request: PageRequest, values?: KeyValues, errors?: FieldErrors) {
  const { services, ctx, user, props } = request;
  const key = await getApiKey(services, refOf(request));
  const calls = await listKeyCalls(services, key.id, shownCalls);
  sendPage(
    ctx,
    keySettingsPage({
      ...props,
      listed: listedKey(key, props.now),
      facts: await keyFacts(services, getProduct(key.product), user.id),
      values: values ?? valuesOf(key),
      errors,
      calls: calls.map((call) => ({ ...call, path: call.route })),
    }),
  );
}
