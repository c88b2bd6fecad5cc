/**
 * oidc-provider's adapter over Postgres. What may happen once is decided here, in single statements: `consume` is
 * a compare-and-set whose losers get `invalid_grant` (a plain Error would become a 500), and a replayed proof or
 * assertion is refused by an insert that finds its row taken. Clients come from our own tables.
 */
import { type Adapter, errors, Provider } from 'oidc-provider';
import { announceChange } from '../../shared/changes/changes.js';
import { DomainError } from '../../shared/errors.js';
import { cancelTasksOfGrants } from '../../shared/identity/oauth/grant-tasks.js';
import {
  consumeRecord,
  destroyRecord,
  destroyRecordsOfGrant,
  findDeviceCode,
  findRecord,
  insertRecordOnce,
  type OidcRecord,
  tokenChangeId,
  upsertRecord,
} from '../../shared/identity/oauth/oidc-records.js';
import {
  destroySession,
  findSession,
  findSessionByUid,
  upsertSession,
} from '../../shared/identity/sign-in/browser-sessions.js';
import { oauthProducts } from '../../shared/products/index.js';
import type { Services } from '../../shared/services.js';
import { findClientMetadata } from '../clients/clients.js';
import { chargeClaim, chargeClient, chargePoll } from '../endpoints/protocol-limits.js';
import { storeRegistration } from '../endpoints/registration.js';
import { read, requestStartedAt, write } from '../http/request-transaction.js';
import { isForgivenRepetition, redemptionDigest } from '../oidc/code-replay.js';
import { noteLostRefresh, replayableConsumption } from '../oidc/refresh-replay.js';

const prefixes: Partial<Record<string, readonly string[]>> = {
  AccessToken: oauthProducts.map((product) => product.oauth.accessTokenPrefix),
  ClientCredentials: oauthProducts.map((product) => product.oauth.accessTokenPrefix),
  RefreshToken: oauthProducts.map((product) => product.oauth.refreshTokenPrefix),
};

/** A value without the prefix of its kind was never issued: no query is needed to say so. */
function cannotExist(model: string, id: string): boolean {
  const known = prefixes[model];
  return known !== undefined && !known.some((prefix) => id.startsWith(prefix));
}

export function createAdapterFactory(services: Services): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return clientAdapter(services);
    if (model === 'Session') return sessionAdapter(services);
    return recordAdapter(services, model);
  };
}

function recordAdapter(services: Services, model: string): Adapter {
  return {
    async upsert(id, payload, expiresIn) {
      const stored = { ...payload };
      if (model !== 'ReplayDetection') {
        await write(services, (tx) => upsertRecord(tx, model, id, stored, expiresIn));
        return;
      }
      // Not in the request's transaction: what was presented stays presented, also when the request is refused.
      const first = await insertRecordOnce(services, model, id, stored, expiresIn);
      if (!first) throw new errors.InvalidGrant('the proof or assertion was used before');
    },
    async find(id) {
      if (cannotExist(model, id)) return undefined;
      if (model === 'DeviceCode') await chargePoll(id);
      const record = await read(services, (db) => findRecord(db, model, id));
      if (!record) return undefined;
      const { payload, consumedAt } = record;
      if (consumedAt === undefined) return payload;
      if (model === 'AuthorizationCode' && isForgiven(services, record)) {
        throw new errors.InvalidGrant('the code was used a moment ago');
      }
      const hidden = await read(services, (db) => replayableConsumption(db, model, id, record));
      return hidden ? payload : { ...payload, consumed: consumedAt };
    },
    async consume(id) {
      const usedBy = model === 'AuthorizationCode' ? currentDigest() : undefined;
      const won = await write(services, (tx) => consumeRecord(tx, model, id, usedBy));
      if (won) return;
      if (model === 'AuthorizationCode') await endIfStolen(services, id);
      if (model === 'RefreshToken') noteLostRefresh(id);
      throw new errors.InvalidGrant(`${model} was used before`);
    },
    async destroy(id) {
      await write(services, async (tx) => {
        await destroyRecord(tx, model, id);
        if (model === 'Grant') {
          await tx.db('grants').where({ id }).delete();
          await cancelTasksOfGrants(tx, [id]);
        }
        await announceTokenChange(tx, model, id);
      });
    },
    async revokeByGrantId(grantId) {
      await write(services, async (tx) => {
        await destroyRecordsOfGrant(tx, model, grantId);
        if (model === 'AccessToken') await announceChange(tx, { kind: 'grant', id: grantId });
      });
    },
    findByUid: unsupported('findByUid', model),
    findByUserCode: (code) => read(services, (db) => findDeviceCode(db, code)),
  };
}

const currentDigest = (): string | undefined => Provider.ctx && redemptionDigest(Provider.ctx);

const isForgiven = (services: Services, record: OidcRecord): boolean =>
  isForgivenRepetition(record, currentDigest(), requestStartedAt(services));

/** A code that was used while this request was under way: by another request, it was stolen, and its grant ends. */
async function endIfStolen(services: Services, code: string): Promise<void> {
  const record = await read(services, (db) => findRecord(db, 'AuthorizationCode', code));
  const grantId = record?.payload.grantId;
  if (!record || typeof grantId !== 'string' || isForgiven(services, record)) return;
  for (const model of ['AccessToken', 'RefreshToken']) {
    await recordAdapter(services, model).revokeByGrantId(grantId);
  }
  await recordAdapter(services, 'Grant').destroy(grantId);
}

async function announceTokenChange(tx: Services, model: string, id: string): Promise<void> {
  if (model === 'Grant') await announceChange(tx, { kind: 'grant', id });
  if (model === 'AccessToken' || model === 'ClientCredentials') {
    await announceChange(tx, { kind: 'token', id: tokenChangeId(id) });
  }
}

function clientAdapter(services: Services): Adapter {
  return {
    async find(id) {
      await chargeClaim(id);
      const metadata = await read(services, (db) => findClientMetadata(db, id));
      if (metadata && metadata.token_endpoint_auth_method !== 'none') await chargeClient(id);
      return metadata;
    },
    upsert: (_id, metadata) => write(services, (tx) => storeRegistration(tx, metadata)),
    consume: unsupported('consume', 'Client'),
    destroy: unsupported('destroy', 'Client'),
    revokeByGrantId: unsupported('revokeByGrantId', 'Client'),
    findByUid: unsupported('findByUid', 'Client'),
    findByUserCode: unsupported('findByUserCode', 'Client'),
  };
}

function sessionAdapter(services: Services): Adapter {
  return {
    async upsert(id, payload, expiresIn) {
      try {
        await write(services, (tx) => upsertSession(tx, id, payload, expiresIn));
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'wrong_password') throw error;
        throw new errors.SessionNotFound('the password was changed during the sign-in');
      }
    },
    find: (id) => read(services, (db) => findSession(db, id)),
    findByUid: (uid) => read(services, (db) => findSessionByUid(db, uid)),
    destroy: (id) => write(services, (tx) => destroySession(tx, id)),
    consume: unsupported('consume', 'Session'),
    revokeByGrantId: unsupported('revokeByGrantId', 'Session'),
    findByUserCode: unsupported('findByUserCode', 'Session'),
  };
}

function unsupported(method: string, model: string): () => Promise<never> {
  return async () => {
    throw new Error(`${method} is not used for ${model}`);
  };
}
