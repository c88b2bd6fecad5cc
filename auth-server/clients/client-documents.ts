/**
 * Clients by metadata document: the id is an https address, and what stands there is the client. The library fetches,
 * checks and remembers documents; from where it may fetch, by what connection, and what stays with us is decided
 * here. Some documents can be laid into a folder instead, for installations that call nobody.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { firstCharacters } from '../../shared/characters.js';
import { createGuardedFetch, type GuardedFetch, type OutboundLimits } from '../../shared/http/outbound.js';
import { type DocumentFacts, storeDocumentClient } from '../../shared/identity/oauth/client-documents.js';
import { parseRedirectUri } from '../../shared/identity/oauth/redirect-uris.js';
import { addressSubject } from '../../shared/limiter/subjects.js';
import type { Services } from '../../shared/services.js';
import { StartupError } from '../../shared/startup-error.js';
import { takeLimits } from '../http/limits.js';
import { read, write } from '../http/request-transaction.js';
import { findClient } from './client-registry.js';
import { adaptDocument, isAllowedDocument } from './document-rules.js';

/** As the draft recommends; the library has the same limit for what we hand on. */
const maximumBytes = 5 * 1024;

export interface ClientDocuments {
  /** Whether any can be had: from a folder, or from hosts. */
  enabled: boolean;
  /** oidc-provider's `allowFetch`. */
  mayFetch(ctx: KoaContextWithOIDC, id: string): Promise<boolean>;
  /** oidc-provider's `allowClient`: keeps the client's row in step with its document. */
  keep(client: Client): Promise<boolean>;
  /** Fetches a document that `mayFetch` let through just now; undefined for any other address. */
  fetch(url: string, init: RequestInit | undefined): Promise<Response> | undefined;
}

/** Throws a StartupError when the folder cannot be read or holds what is no document. */
export function openClientDocuments(services: Services, outbound: OutboundLimits = {}): ClientDocuments {
  const { config } = services;
  const laidIn = readFolder(config.clientDocumentsDir);
  const callOut = createGuardedFetch(config, { ...outbound, maxBytes: maximumBytes });
  const expected = new Set<string>();

  const mayFetch = async (ctx: KoaContextWithOIDC, id: string) => {
    if (!laidIn.has(id)) {
      if (!isAllowedDocument(config, id)) return false;
      const attempt = { limit: 'clientDocuments', subject: addressSubject(ctx.ip) } as const;
      if (!(await takeLimits(services, [attempt])).allowed) return false;
    }
    expected.add(id);
    return true;
  };

  return {
    enabled: laidIn.size > 0 || config.clientDocumentHosts.length > 0,
    mayFetch,
    keep: (client) => keepClient(services, client),
    fetch(url, init) {
      if (!expected.delete(url)) return undefined;
      const text = laidIn.get(url);
      return text === undefined
        ? fetchDocument(callOut, url, init)
        : Promise.resolve(new Response(adaptDocument(text)));
    },
  };
}

async function fetchDocument(
  callOut: GuardedFetch,
  url: string,
  init: RequestInit | undefined,
): Promise<Response> {
  const response = await callOut(url, init);
  if (response.status !== 200) return response;
  const headers = new Headers();
  for (const name of ['cache-control', 'expires']) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(adaptDocument(await response.text()), { headers });
}

/** False for one whose redirects may not be registered, and for one that an operator disabled. */
async function keepClient(services: Services, client: Client): Promise<boolean> {
  const redirectUris = [...(client.redirectUris ?? [])];
  const isPublic = client.clientAuthMethod === 'none';
  try {
    for (const uri of redirectUris) parseRedirectUri(uri, { ownSchemes: isPublic });
  } catch {
    return false;
  }
  if (redirectUris.length === 0) return false;
  const { client_uri, logo_uri, policy_uri, tos_uri, jwks_uri, token_endpoint_auth_method } =
    client.metadata();
  const kept = { client_uri, logo_uri, policy_uri, tos_uri, jwks_uri, token_endpoint_auth_method };
  const id = client.clientId;
  const definition: DocumentFacts = {
    id,
    name: firstCharacters(client.clientName ?? new URL(id).host, 100),
    redirectUris,
    public: isPublic,
    metadata: JSON.parse(JSON.stringify(kept)),
  };
  const known = await read(services, (db) => findClient(db, id));
  const same =
    known !== undefined &&
    Object.entries(definition).every(([name, value]) =>
      isDeepStrictEqual(known[name as keyof DocumentFacts], value),
    );
  if (!same) await write(services, (tx) => storeDocumentClient(tx, definition));
  return known?.active ?? true;
}

function readFolder(folder: string | undefined): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  if (folder === undefined) return documents;
  try {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const text = readFileSync(join(folder, file), 'utf8');
      const { client_id: id } = JSON.parse(text);
      if (typeof id !== 'string') throw new Error(`${file} has no client_id`);
      documents.set(id, text);
    }
  } catch (error) {
    throw new StartupError(`CLIENT_DOCUMENTS_DIR cannot be used: ${(error as Error).message}`);
  }
  return documents;
}
