/**
 * The one file that knows how oidc-provider's records lie in Postgres. A record's id is a token, a code or a
 * cookie: only its SHA-256 is stored, and the `jti` that oidc-provider repeats inside the payload is taken out on
 * the way in and put back on the way out. Interactions hold a raw session id and are sealed as a whole.
 *
 * Whatever may happen once (consume, replay detection) is one statement here, since oidc-provider itself finds,
 * checks and consumes in three separate calls.
 */
import { sqlFromNow, sqlNow, sqlStatementTime } from '../../clock.js';
import { open, seal, sha256 } from '../../crypto/secrets.js';
import type { Services } from '../../services.js';

export type Payload = Record<string, unknown>;

export interface OidcRecord {
  payload: Payload;
  /** Unix seconds; undefined while nobody used it. */
  consumedAt: number | undefined;
  /** Unix seconds at which a consumed refresh token was first used; the grace window is counted from here. */
  firstUsedAt: number | undefined;
  sealedAnswer: string | null;
  /** Digest of the request that used it, where one was given. */
  usedBy: string | undefined;
}

/** Expired rows stay this long, so that a replay can still be told from nonsense. */
export const retentionSeconds = 1800;

const sealedModels = new Set(['Interaction']);

/** Found by another name too, from where the library wants to know the id: it is kept, sealed. */
const deviceCodes = 'DeviceCode';

interface Row {
  payload: Payload;
  consumed_at: Date | null;
  first_used_at: Date | null;
  sealed_answer: string | null;
  used_by: string | null;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const seconds = (date: Date | null): number | undefined =>
  date === null ? undefined : Math.floor(date.getTime() / 1000);

/** Stores a record under its raw id; `expiresIn` in seconds, undefined for ever. */
export async function upsertRecord(
  services: Services,
  model: string,
  id: string,
  payload: Payload,
  expiresIn: number | undefined,
): Promise<void> {
  await services
    .db('oidc_records')
    .insert(rowOf(services, model, id, payload, expiresIn))
    .onConflict(['model', 'id_hash'])
    .merge(['payload', 'grant_id', 'account_id', 'client_id', 'user_code', 'expires_at']);
}

/** Stores a record that must not be there yet; false when it is (RFC 9449 section 11.1, RFC 7523 `jti`). */
export async function insertRecordOnce(
  services: Services,
  model: string,
  id: string,
  payload: Payload,
  expiresIn: number | undefined,
): Promise<boolean> {
  const inserted = await services
    .db('oidc_records')
    .insert(rowOf(services, model, id, payload, expiresIn))
    .onConflict(['model', 'id_hash'])
    .ignore()
    .returning('model');
  return inserted.length === 1;
}

/** Postgres stores no NUL, and some of what is stored here was written by strangers (`nonce`, say). */
const withoutNul = (_name: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;

function rowOf(
  services: Services,
  model: string,
  id: string,
  payload: Payload,
  expiresIn: number | undefined,
) {
  const { jti: _raw, ...rest } = payload;
  const stored = sealedModels.has(model)
    ? { sealed: seal(services.config, 'interaction', JSON.stringify(rest), model) }
    : model === deviceCodes
      ? { ...rest, sealedId: seal(services.config, 'device-code', id) }
      : rest;
  return {
    model,
    id_hash: sha256(id),
    payload: JSON.stringify(stored, withoutNul),
    grant_id: model === 'Grant' ? id : text(payload.grantId),
    account_id: text(payload.accountId),
    client_id: text(payload.clientId),
    user_code: text(payload.userCode),
    expires_at: expiresIn === undefined ? null : sqlFromNow(services, expiresIn),
    created_at: sqlNow(services),
  };
}

export async function findRecord(
  services: Services,
  model: string,
  id: string,
): Promise<OidcRecord | undefined> {
  // Every request of the protocol asks this several times: it does without the work of the query builder.
  const { rows }: { rows: Row[] } = await services.db.raw(
    `select payload, consumed_at, first_used_at, sealed_answer, used_by from oidc_records
     where model = ? and id_hash = ?`,
    [model, sha256(id)],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { sealed } = row.payload;
  const payload: Payload =
    typeof sealed === 'string'
      ? JSON.parse(open(services.config, 'interaction', sealed, model))
      : row.payload;
  return {
    payload: { ...payload, jti: id },
    consumedAt: seconds(row.consumed_at),
    firstUsedAt: seconds(row.first_used_at),
    sealedAnswer: row.sealed_answer,
    usedBy: row.used_by ?? undefined,
  };
}

/** The device code that goes with a user code, used or not. */
export async function findDeviceCode(services: Services, userCode: string): Promise<Payload | undefined> {
  const row: Row | undefined = await services
    .db('oidc_records')
    .select('payload', 'consumed_at')
    .where({ model: deviceCodes, user_code: userCode })
    .first();
  if (!row) return undefined;
  const { sealedId, ...payload } = row.payload;
  const jti = open(services.config, 'device-code', String(sealedId));
  const consumed = seconds(row.consumed_at);
  return { ...payload, jti, ...(consumed === undefined ? {} : { consumed }) };
}

/**
 * Marks a record as used, by the request with the digest `usedBy`. True for exactly one caller, however many ask at
 * once.
 */
export async function consumeRecord(
  services: Services,
  model: string,
  id: string,
  usedBy?: string,
): Promise<boolean> {
  const changed = await services
    .db('oidc_records')
    .where({ model, id_hash: sha256(id) })
    .whereNull('consumed_at')
    .update({ consumed_at: sqlNow(services), first_used_at: sqlNow(services), used_by: usedBy ?? null });
  return changed === 1;
}

/** Dates the use of a record to now: to the end of the request that used it, when that is its last statement. */
export async function dateUse(services: Services, model: string, id: string): Promise<void> {
  await services
    .db('oidc_records')
    .where({ model, id_hash: sha256(id) })
    .update({ consumed_at: sqlStatementTime(services) });
}

/**
 * Keeps the token endpoint's answer on the refresh token that it used up, sealed with a key only that token opens,
 * and notes that the grant was used: one statement, since every refresh takes this way. The token is consumed by
 * this transaction, so its row is locked before the grant's, as where a grant is ended (grants.ts).
 */
export async function storeRefreshResponse(
  services: Services,
  token: string,
  sealedAnswer: string,
  grantId: string,
): Promise<void> {
  await services.db.raw(
    `with touched as (update grants set last_used_at = ? where id = ?)
     update oidc_records set sealed_answer = ? where model = 'RefreshToken' and id_hash = ?`,
    [sqlNow(services), grantId, sealedAnswer, sha256(token)],
  );
}

export async function destroyRecord(services: Services, model: string, id: string): Promise<void> {
  await services
    .db('oidc_records')
    .where({ model, id_hash: sha256(id) })
    .delete();
}

/** Removes every record of one model that hangs on a grant. */
export async function destroyRecordsOfGrant(
  services: Services,
  model: string,
  grantId: string,
): Promise<void> {
  await services.db('oidc_records').where({ model, grant_id: grantId }).delete();
}

/** How changes of one token are announced: by its hash, since the value itself goes nowhere. */
export const tokenChangeId = (token: string): string => sha256(token).toString('hex');

export interface LiveAccessToken {
  /** `usr_…` for a person, the client's own subject for client credentials. */
  subject: string | undefined;
  clientId: string;
  grantId: string | undefined;
  scopes: string[];
  audience: string | string[] | undefined;
  /** Unix seconds. */
  expiresAt: number;
  /** Thumbprint of the key that it is bound to (RFC 9449). */
  boundTo: string | undefined;
}

/** The opaque access token whose value this is, if it is live now. */
export async function findLiveAccessToken(
  services: Services,
  token: string,
): Promise<LiveAccessToken | undefined> {
  const row: Row | undefined = await services
    .db('oidc_records')
    .select('payload')
    .whereIn('model', ['AccessToken', 'ClientCredentials'])
    .where({ id_hash: sha256(token) })
    .where('expires_at', '>', sqlNow(services))
    .first();
  if (!row) return undefined;
  const { accountId, clientId, grantId, scope, aud, exp, jkt } = row.payload;
  if (typeof clientId !== 'string' || typeof exp !== 'number') return undefined;
  return {
    subject: typeof accountId === 'string' ? accountId : undefined,
    clientId,
    grantId: typeof grantId === 'string' ? grantId : undefined,
    scopes: typeof scope === 'string' && scope !== '' ? scope.split(' ') : [],
    audience: typeof aud === 'string' || Array.isArray(aud) ? aud : undefined,
    expiresAt: exp,
    boundTo: typeof jkt === 'string' ? jkt : undefined,
  };
}
