/** `/v1/avatars`, `/v1/voices`, `/v1/roles`: the public lists, and one's own entries beside them. */
import { z } from 'zod';
import { displayName, freeForm, text } from '../../body/member-schemas.js';
import { clearable } from '../../body/null-members.js';
import { reply } from '../../routing/reply.js';
import { get, patch, post, type Route, remove } from '../../routing/route.js';
import {
  eitherCredential,
  isoTime,
  pageMembers,
  paging,
  readPaging,
  signedIn,
  success,
} from './conventions.js';
import {
  type CatalogueEntry,
  type CatalogueKind,
  createCatalogueEntry,
  deleteCatalogueEntry,
  listOwnEntries,
  listPublicEntries,
  maximumOwnEntries,
  updateCatalogueEntry,
} from './domain/catalogue.js';

const members = z.strictObject({
  name: displayName,
  description: text(0, 1000),
  properties: freeForm,
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

/** A page holds all of one's own entries, unless they weigh more than a page may. */
const listQuery = paging.extend({
  limit: z.coerce.number().int().min(1).max(maximumOwnEntries).default(maximumOwnEntries),
});

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
    get(path, { ...eitherCredential, query: listQuery }, async ({ services, caller, query }) => {
      const page = await listOwnEntries(services, kind, caller.accountId, readPaging(query));
      // Public entries stand on the first page alone.
      const shared = query.cursor === undefined ? await listPublicEntries(services, kind) : [];
      return success({
        [`public_${plural}`]: shared.map(view),
        [`my_${plural}`]: page.items.map(view),
        ...pageMembers(page),
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
