/** `/v1/avatars`, `/v1/voices`, `/v1/roles`: the public lists, and one's own entries beside them. */
import { z } from 'zod';
import { clearable } from '../../routing/null-members.js';
import { reply } from '../../routing/reply.js';
import { get, patch, post, type Route, remove } from '../../routing/route.js';
import { eitherCredential, isoTime, signedIn, success } from './conventions.js';
import {
  type CatalogueEntry,
  type CatalogueKind,
  createCatalogueEntry,
  deleteCatalogueEntry,
  listCatalogue,
  updateCatalogueEntry,
} from './domain/catalogue.js';

const members = z.strictObject({
  name: z.string().trim().min(1).max(100),
  description: z.string().max(1000),
  properties: z.record(z.string(), z.unknown()),
});

const creation = members.extend({
  description: members.shape.description.default(''),
  properties: members.shape.properties.default({}),
});

const changes = members
  .extend({
    description: clearable(members.shape.description, ''),
    properties: clearable(members.shape.properties, {}),
  })
  .partial();

function routesOf(kind: CatalogueKind): Route[] {
  const plural = `${kind}s` as const;
  const path = `/v1/${plural}` as const;
  const view = (entry: CatalogueEntry) => ({
    [`${kind}_id`]: entry.id,
    name: entry.name,
    description: entry.description,
    properties: entry.properties,
    created_at: isoTime(entry.createdAt),
  });
  return [
    get(path, eitherCredential, async ({ services, caller }) => {
      const entries = await listCatalogue(services, kind, caller.accountId);
      return success({
        [`public_${plural}`]: entries.filter((entry) => entry.ownerId === null).map(view),
        [`my_${plural}`]: entries.filter((entry) => entry.ownerId !== null).map(view),
      });
    }),
    post(path, { ...signedIn, body: creation, idempotent: true }, async ({ services, caller, body }) =>
      reply(
        201,
        success({ [kind]: view(await createCatalogueEntry(services, kind, caller.accountId, body)) }),
      ),
    ),
    patch(`${path}/:id`, { ...signedIn, body: changes }, async ({ services, caller, params, body }) =>
      success({
        [kind]: view(await updateCatalogueEntry(services, kind, caller.accountId, params.id, body)),
      }),
    ),
    remove(`${path}/:id`, signedIn, async ({ services, caller, params }) => {
      await deleteCatalogueEntry(services, kind, caller.accountId, params.id);
      return success({ message: 'Deleted' });
    }),
  ];
}

export const catalogueRoutes = (['avatar', 'voice', 'role'] as const).flatMap(routesOf);
