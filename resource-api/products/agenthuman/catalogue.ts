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
  pageSchemas,
  paging,
  readPaging,
  signedIn,
  success,
  successSchema,
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
  const entrySchema = z.strictObject({
    [`${kind}_id`]: z.string(),
    name: z.string(),
    description: z.string(),
    properties: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
  });
  const view = (entry: CatalogueEntry) => ({
    [`${kind}_id`]: entry.id,
    name: entry.name,
    description: entry.description,
    properties: entry.properties,
    created_at: isoTime(entry.createdAt),
  });
  return [
    get(
      path,
      {
        ...eitherCredential,
        query: listQuery,
        reference: {
          summary: `List the public ${plural} and your own.`,
          responses: {
            200: successSchema({
              [`public_${plural}`]: z.array(entrySchema),
              [`my_${plural}`]: z.array(entrySchema),
              ...pageSchemas,
            }),
          },
        },
      },
      async ({ services, caller, query }) => {
        const page = await listOwnEntries(services, kind, caller.accountId, readPaging(query));
        // Public entries stand on the first page alone.
        const shared = query.cursor === undefined ? await listPublicEntries(services, kind) : [];
        return success({
          [`public_${plural}`]: shared.map(view),
          [`my_${plural}`]: page.items.map(view),
          ...pageMembers(page),
        });
      },
    ),
    post(
      path,
      {
        ...signedIn,
        body: creation,
        idempotent: true,
        reference: {
          summary: `Add one of your own ${plural}.`,
          responses: { 201: successSchema({ [kind]: entrySchema }) },
          errors: ['conflict'],
        },
      },
      async ({ services, caller, body }) =>
        reply(
          201,
          success({ [kind]: view(await createCatalogueEntry(services, kind, caller.accountId, body)) }),
        ),
    ),
    patch(
      `${path}/:id`,
      {
        ...signedIn,
        body: changes,
        reference: {
          summary: `Change the given fields of one of your own ${plural}.`,
          responses: { 200: successSchema({ [kind]: entrySchema }) },
          errors: ['access_denied'],
        },
      },
      async ({ services, caller, params, body }) =>
        success({
          [kind]: view(await updateCatalogueEntry(services, kind, caller.accountId, params.id, body)),
        }),
    ),
    remove(
      `${path}/:id`,
      {
        ...signedIn,
        reference: {
          summary: `Delete one of your own ${plural}.`,
          responses: { 200: successSchema({ message: z.string() }) },
          errors: ['access_denied'],
        },
      },
      async ({ services, caller, params }) => {
        await deleteCatalogueEntry(services, kind, caller.accountId, params.id);
        return success({ message: 'Deleted' });
      },
    ),
  ];
}

export const catalogueRoutes = (['avatar', 'voice', 'role'] as const).flatMap(routesOf);
