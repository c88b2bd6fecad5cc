/**
 * Settings → API Keys. A key is shown on the answer to the form that made it and nowhere else: no redirect, no
 * address that shows it again.
 */

import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import { DomainError } from '../../shared/errors.js';
import { mailKeyRecovery } from '../../shared/identity/agent-keys.js';
import {
  disableApiKey,
  enableApiKey,
  revokeApiKey,
  updateApiKey,
} from '../../shared/identity/api-keys/api-key-changes.js';
import { rollApiKey } from '../../shared/identity/api-keys/api-key-rolling.js';
import { createApiKey, getApiKey, listApiKeys } from '../../shared/identity/api-keys/api-keys.js';
import { listKeyCalls } from '../../shared/identity/api-keys/key-calls.js';
import { requireConfirmed } from '../../shared/identity/people/confirmed-owner.js';
import { listUnclaimedAgents } from '../../shared/identity/people/unclaimed-agents.js';
import { getProduct, type Product, products } from '../../shared/products/index.js';
import type { FieldErrors } from '../../shared/ui/label.js';
import { sendPage } from '../http/page.js';
import { submitOnce } from '../http/submit-once.js';
import { apiKeysPage } from '../pages/console/api-keys.js';
import type { KeyValues } from '../pages/console/key-fields.js';
import { keySettingsPage } from '../pages/console/key-settings.js';
import { newKeyPage } from '../pages/console/new-key.js';
import { keyShownPage } from '../pages/console/secret-shown.js';
import { paths } from '../pages/paths.js';
import { goOn, type PageRequest, type SignedInRouter, submissionOf } from '../sign-in/signed-in-router.js';
import { endOfDay, expiryOf, keyFacts, listedKey, readKeyForm, sampleCurl, valuesOf } from './key-form.js';

/** Calls that the settings page of a key shows. */
const shownCalls = 50;

/** Products whose keys a person can make here; agents of the others are made over their API. */
const consoleProducts = products.filter((product) => product.keys.ownedBy !== 'agent');

/** Their agents register and get keys over the API. */
const agentProducts = products.filter((product) => product.keys.ownedBy === 'agent');

export function mountKeys(signedIn: SignedInRouter): void {
  signedIn.get(paths.keys, async ({ services, ctx, user, props, query }) => {
    const product = consoleProducts.find(({ id }) => id === query.get('product'))?.id;
    const keys = await listApiKeys(services, { accountId: user.id, product });
    const listed = keys.map((key) => listedKey(key, props.now));
    const unclaimedAgents = await listUnclaimedAgents(services, user.id);
    sendPage(
      ctx,
      apiKeysPage({
        ...props,
        products: consoleProducts,
        agentProducts,
        product,
        keys: listed,
        unclaimedAgents,
      }),
    );
  });

  signedIn.post(paths.claimAgent, async (request, form) => {
    const { services, user, origin } = request;
    const agents = await listUnclaimedAgents(services, user.id);
    if (agents.some(({ id }) => id === form.get('agent'))) {
      for (const product of agentProducts) {
        const page = `${services.config.apiUrl}/${product.id}${product.keys.recoveryPath ?? ''}`;
        await mailKeyRecovery(services, product, { email: user.email, page }, origin);
      }
    }
    goOn(request, paths.keys, 'claim-mailed');
  });

  signedIn.get(paths.newKey, (request) => showNewKey(request, productOf(request.query.get('product'))));
  signedIn.form(paths.newKey, (request, form) => {
    const { user, actor } = request;
    const product = productOf(form.get('product'));
    const values = readKeyForm(form, product);
    return {
      act: async () => {
        requireConfirmed(user.emailVerifiedAt);
        const submitted = await submitOnce(request.services, submissionOf(request, form), (tx) =>
          createApiKey(
            tx,
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
          ),
        );
        if ('madeBefore' in submitted) return goToKeyMadeBefore(request, submitted.madeBefore);
        await showKey(request, { ...submitted.made, name: values.name ?? '' });
      },
      again: (errors) => showNewKey(request, product, values, errors),
    };
  });

  signedIn.get(paths.key(':id'), (request) => showSettings(request));
  signedIn.form(paths.key(':id'), async (request, form) => {
    const { services, params, actor } = request;
    const ref = refOf(request);
    const { product: productId } = await getApiKey(services, ref);
    const values = readKeyForm(form, getProduct(productId));
    const known = getProduct(productId).permissions;
    return {
      act: async () => {
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
      again: (errors) => showSettings(request, values, errors),
    };
  });

  signedIn.form(paths.keyAction(':id', 'rename'), async (request, form) => {
    const { services, actor } = request;
    const ref = refOf(request);
    const key = await getApiKey(services, ref);
    const name = form.get('name') ?? '';
    return {
      act: async () => {
        await updateApiKey(services, ref, { name }, actor);
        goOn(request, paths.keys, 'renamed');
      },
      again: (errors) => showSettings(request, { ...valuesOf(key), name }, errors),
    };
  });
  signedIn.post(paths.keyAction(':id', 'roll'), async (request, form) => {
    const graceSeconds = Number(form.get('grace_seconds') ?? 86_400);
    const submitted = await submitOnce(request.services, submissionOf(request, form), (tx) =>
      rollApiKey(tx, refOf(request), { graceSeconds }, request.actor),
    );
    if ('madeBefore' in submitted) return goToKeyMadeBefore(request, submitted.madeBefore);
    const rolled = submitted.made;
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

/** The same form sent again: shows what the first one made, which has been shown in clear already. */
const goToKeyMadeBefore = (request: PageRequest, id: string): void =>
  goOn(request, paths.key(id), 'key-made-before');

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
