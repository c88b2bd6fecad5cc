/** The apps that a person lets in at a product, as the person sees them: a live grant each. */
import { DomainError } from '../../../../shared/errors.js';
import { liveGrants } from '../../../../shared/identity/oauth/grants.js';
import type { Services } from '../../../../shared/services.js';

export interface Connection {
  grantId: string;
  clientId: string;
  appName: string;
  /** null for an app whose owner has not proven a host. */
  verifiedHost: string | null;
  scopes: string[];
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
}

const columns = {
  grantId: 'grants.id',
  clientId: 'grants.client_id',
  appName: 'oauth_clients.name',
  verifiedHost: 'oauth_clients.verified_host',
  scopes: 'grants.scopes',
  createdAt: 'grants.created_at',
  lastUsedAt: 'grants.last_used_at',
  expiresAt: 'grants.expires_at',
};

interface Person {
  personId: string;
  product: string;
}

const connectionsOf = (services: Services, { personId, product }: Person) =>
  liveGrants(services)
    .join('oauth_clients', 'oauth_clients.id', 'grants.client_id')
    .where({ 'grants.user_id': personId, 'grants.product': product });

/** The newest first; those before `before`, a grant's id, where it is given. */
export async function listConnections(
  services: Services,
  { limit, before, ...person }: Person & { limit: number; before?: string },
): Promise<{ connections: Connection[]; more: boolean }> {
  const query = connectionsOf(services, person);
  if (before !== undefined) {
    const last = services.db('grants').where({ id: before }).select('created_at', 'id');
    query.whereRaw('(grants.created_at, grants.id) < ?', [last]);
  }
  const found: Connection[] = await query
    .orderBy([
      { column: 'grants.created_at', order: 'desc' },
      { column: 'grants.id', order: 'desc' },
    ])
    .limit(limit + 1)
    .select(columns);
  return { connections: found.slice(0, limit), more: found.length > limit };
}

/** Throws `not_found`, also for somebody else's. */
export async function getConnection(
  services: Services,
  person: Person,
  grantId: string,
): Promise<Connection> {
  const connection = await connectionsOf(services, person).where({ 'grants.id': grantId }).first(columns);
  if (!connection) throw new DomainError('not_found', { subject: 'grant' });
  return connection;
}
