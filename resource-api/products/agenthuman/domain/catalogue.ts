/**
 * Avatars, voices and roles: a public catalogue that everyone may use, and beside it what each person added.
 */
import { sqlNow } from '../../../../shared/clock.js';
import { DomainError } from '../../../../shared/errors.js';
import { newId } from '../../../../shared/ids.js';
import { requireRoom } from '../../../../shared/postgres/row-limit.js';
import { inTransaction, type Services } from '../../../../shared/services.js';
import { type Page, readPage } from '../../paging.js';

export type CatalogueKind = 'avatar' | 'voice' | 'role';

export interface CatalogueEntry {
  id: string;
  kind: CatalogueKind;
  /** null for the public catalogue. */
  ownerId: string | null;
  name: string;
  description: string;
  properties: Record<string, unknown>;
  createdAt: Date;
}

export interface CatalogueFields {
  name: string;
  description: string;
  properties: Record<string, unknown>;
}

const columns = {
  id: 'id',
  kind: 'kind',
  ownerId: 'owner_id',
  name: 'name',
  description: 'description',
  properties: 'properties',
  createdAt: 'created_at',
};

const returned = Object.entries(columns).map(([property, column]) => `${column} as ${property}`);

/** Entries that one person may have of each kind. */
export const maximumOwnEntries = 200;

/** The public entries of a kind. */
export async function listPublicEntries(services: Services, kind: CatalogueKind): Promise<CatalogueEntry[]> {
  return services
    .db('catalogue_entries')
    .select(columns)
    .where({ kind, owner_id: null })
    .orderBy(['created_at', 'id']);
}

/** What a person added to a kind, the oldest first; `after` is the id of the last one seen. */
export async function listOwnEntries(
  services: Services,
  kind: CatalogueKind,
  ownerId: string,
  { limit, after }: { limit: number; after?: string },
): Promise<Page<CatalogueEntry>> {
  const query = services
    .db('catalogue_entries')
    .select(columns)
    .where({ kind, owner_id: ownerId })
    .orderBy('id');
  if (after !== undefined) query.where('id', '>', after);
  return readPage<CatalogueEntry>(services, query, limit, ({ id }) => id);
}

/** Adds one's own entry. Throws `conflict` when there are too many. */
export async function createCatalogueEntry(
  services: Services,
  kind: CatalogueKind,
  ownerId: string,
  members: CatalogueFields,
): Promise<CatalogueEntry> {
  return inTransaction(services, async (tx) => {
    const rows = tx.db('catalogue_entries').where({ kind, owner_id: ownerId });
    await requireRoom(tx, { kind: `${kind}s`, accountId: ownerId, rows, maximum: maximumOwnEntries });
    const [entry] = await tx.db('catalogue_entries').insert(
      {
        id: `${kind.slice(0, 4)}_${newId()}`,
        kind,
        owner_id: ownerId,
        ...toColumns(members),
        created_at: sqlNow(tx),
      },
      returned,
    );
    return entry;
  });
}

/** Changes the members of one's own entry that are given; none is no change. Throws `not_found`, and `access_denied` for a public one. */
export async function updateCatalogueEntry(
  services: Services,
  kind: CatalogueKind,
  ownerId: string,
  id: string,
  members: Partial<CatalogueFields>,
): Promise<CatalogueEntry> {
  const own = services.db('catalogue_entries').where({ id, kind, owner_id: ownerId });
  const changes = toColumns(members);
  const [entry] =
    Object.keys(changes).length === 0 ? await own.select(columns) : await own.update(changes, returned);
  return entry ?? refuse(services, kind, id);
}

/** Throws `not_found`, and `access_denied` for a public one. */
export async function deleteCatalogueEntry(
  services: Services,
  kind: CatalogueKind,
  ownerId: string,
  id: string,
): Promise<void> {
  const deleted = await services.db('catalogue_entries').where({ id, kind, owner_id: ownerId }).delete();
  if (deleted === 0) await refuse(services, kind, id);
}

/** Whether a person may use an entry. */
export async function isUsable(
  services: Services,
  kind: CatalogueKind,
  ownerId: string,
  id: string,
): Promise<boolean> {
  const entries = await services
    .db('catalogue_entries')
    .where({ id, kind })
    .where((query) => query.whereNull('owner_id').orWhere({ owner_id: ownerId }))
    .pluck('id');
  return entries.length > 0;
}

/** A public entry is there for everyone to see, so it is no secret that it is; anyone else's is. */
async function refuse(services: Services, kind: CatalogueKind, id: string): Promise<never> {
  const shared = await services.db('catalogue_entries').where({ id, kind, owner_id: null }).first('id');
  if (shared) throw new DomainError('access_denied', { message: `Access denied to this ${kind}` });
  throw new DomainError('not_found', {
    message: `${kind.charAt(0).toUpperCase()}${kind.slice(1)} not found`,
  });
}

function toColumns({ properties, ...members }: Partial<CatalogueFields>): Record<string, unknown> {
  return { ...members, ...(properties === undefined ? {} : { properties: JSON.stringify(properties) }) };
}
