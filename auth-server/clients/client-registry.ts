/**
 * Clients as this process remembers them. oidc-provider asks for the client several times in each request, and it
 * changes about never: so it is kept, with its secrets' hashes, until a change is heard (shared/changes/change-listener) or
 * a minute is over. While changes are not heard, every question goes to the database.
 */
import { LRUCache } from 'lru-cache';
import { listenForChanges } from '../../shared/changes/change-listener.js';
import type { Config } from '../../shared/config.js';
import { listClientSecretHashes } from '../../shared/identity/oauth/oauth-client-secrets.js';
import { findOAuthClient, type OAuthClient } from '../../shared/identity/oauth/oauth-clients.js';
import { findUserById } from '../../shared/identity/people/users.js';
import type { Services } from '../../shared/services.js';

export interface RegisteredClient extends OAuthClient {
  /** Neither it nor its owner is disabled. */
  active: boolean;
  secrets: readonly { hash: Buffer; expiresAt: Date | null }[];
}

interface Registry {
  clients: LRUCache<string, RegisteredClient>;
  heard: boolean;
  /** Rises with every change: a read that began before it is not kept. */
  changes: number;
}

const lifeMs = 60_000;
const maximumClients = 10_000;

const registries = new WeakMap<Config, Registry>();

/** Begins to remember clients for these services; `close` ends it. Other changes that are heard go to `onOther`. */
export function startClientRegistry(
  services: Services,
  onOther: (subject: string) => void,
): { close(): Promise<void> } {
  const registry: Registry = {
    clients: new LRUCache({ max: maximumClients, ttl: lifeMs }),
    heard: false,
    changes: 0,
  };
  registries.set(services.config, registry);
  const forget = (id?: string) => {
    registry.changes += 1;
    if (id === undefined) registry.clients.clear();
    else registry.clients.delete(id);
  };
  const setHeard = (heard: boolean) => {
    registry.heard = heard;
    forget();
  };
  return listenForChanges(services, {
    onChange: (subject) => {
      if (subject.startsWith('client:')) forget(subject.slice('client:'.length));
      else onOther(subject);
    },
    onListening: () => setHeard(true),
    onLost: () => setHeard(false),
  });
}

/** A client with the hashes of its secrets, or undefined. */
export async function findClient(services: Services, id: string): Promise<RegisteredClient | undefined> {
  // Postgres stores no NUL, and need not be asked.
  if (id.includes('\0')) return undefined;
  const registry = registries.get(services.config);
  const known = registry?.clients.get(id);
  if (known) return known;
  const begunAt = registry?.changes;
  const client = await findOAuthClient(services, id);
  if (!client) return undefined;
  const owner = client.userId === null ? undefined : await findUserById(services, client.userId);
  const registered = {
    ...client,
    active: client.disabledAt === null && (client.userId === null || owner?.status === 'active'),
    secrets: await listClientSecretHashes(services, id),
  };
  if (registry?.heard && registry.changes === begunAt) registry.clients.set(id, registered);
  return registered;
}
