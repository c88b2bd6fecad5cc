/**
 * Middleware around oidc-provider's token endpoint, from the outside in: the whole request becomes one transaction,
 * a repeated refresh gets its stored response, and the response takes the shape that the client's product documents.
 * What is committed is decided by the error that was thrown, never by the response that was made of it.
 */
import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { recordAudit } from '../../shared/audit/audit.js';
import { findLiveGrant, touchGrant } from '../../shared/identity/oauth/grants.js';
import { dateUse } from '../../shared/identity/oauth/oidc-records.js';
import { auditOrigin } from '../../shared/identity/people/origin.js';
import { personIdOf } from '../../shared/ids.js';
import type { Services } from '../../shared/services.js';
import { inRequestTransaction, read, write } from '../http/request-transaction.js';
import { findAnswer, keepAnswer, type RefreshRequest, watchLostRefresh } from '../oidc/refresh-replay.js';
import { productOfResource } from '../oidc/resources.js';
import { originOf } from '../sign-in/person.js';
import { protocolErrorOf } from './protocol-error.js';

type Next = () => Promise<void>;
type Context = KoaContextWithOIDC;

/** Middleware for `POST /token`, on the provider itself. */
export function tokenEndpoint(services: Services) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await watchLostRefresh((lostRefresh) =>
      inRequestTransaction(
        services,
        async () => {
          await next();
          await answerAgain(services, ctx, lostRefresh());
          await auditReplay(services, ctx);
          await finishAnswer(services, ctx);
        },
        () => isToKeep(ctx),
      ),
    );
  };
}

/**
 * Success is kept, and so is what `invalid_grant` did: the end of a replayed family. Any other refusal (a foreign
 * `resource` is noticed only after the token was used up) leaves everything as it was.
 */
function isToKeep(ctx: Context): boolean {
  const error = protocolErrorOf(ctx);
  return error === undefined ? ctx.status < 400 : error instanceof errors.InvalidGrant;
}

/** The second of two requests with one refresh token: it lost the race, and gets what the first one got. */
async function answerAgain(services: Services, ctx: Context, token: string | undefined): Promise<void> {
  if (token === undefined || !(protocolErrorOf(ctx) instanceof errors.InvalidGrant)) return;
  const request = await refreshRequest(ctx);
  const response = await read(services, (db) => findAnswer(db, token, request));
  if (!response) return;
  ctx.status = 200;
  ctx.body = response;
  ctx.set('Cache-Control', 'no-store');
}

/** What a repetition must have in common with the first request; the library has checked the proof by now. */
async function refreshRequest(ctx: Context): Promise<RefreshRequest> {
  const { params, client } = ctx.oidc;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const proof = ctx.get('DPoP');
  const { jwk } = proof === '' ? {} : decodeProtectedHeader(proof);
  return {
    clientId: client?.clientId ?? '',
    scope: text(params?.scope),
    resource: text(params?.resource),
    key: jwk && (await calculateJwkThumbprint(jwk)),
  };
}

/** A refresh token that comes back after its window, or after its successor was used, was stolen. */
async function auditReplay(services: Services, ctx: Context): Promise<void> {
  const token = ctx.oidc?.entities.RefreshToken;
  if (protocolErrorOf(ctx) === undefined || !token?.consumed) return;
  await write(services, (tx) =>
    recordAudit(tx, {
      accountId: personIdOf(token.accountId ?? '') ?? null,
      action: 'token.replayed',
      actor: { kind: 'client', id: token.clientId ?? '' },
      target: { kind: 'grant', id: token.grantId ?? '' },
      ...(token.grantId ? { credentialId: token.grantId } : {}),
      ...auditOrigin(originOf(ctx)),
    }),
  );
}

/** Shapes a successful answer for the product, keeps it for a repetition, and notes that the grant was used. */
async function finishAnswer(services: Services, ctx: Context): Promise<void> {
  const body = bodyOf(ctx);
  if (ctx.status !== 200 || typeof body?.access_token !== 'string') return;
  const { AccessToken: token, AuthorizationCode: code, RotatedRefreshToken: used } = ctx.oidc.entities;
  if (!token) return;
  const [audience] = [token.aud].flat();
  const product = productOfResource(services.config, audience);
  if (product?.oauth.tokenResponse === 'person') {
    Object.assign(body, { scope: token.scope, human_id: token.accountId });
  }
  if (product?.oauth.tokenResponse === 'bare' && (await isAnsweredAsAsked(services, ctx, body.scope))) {
    delete body.scope;
  }
  const { grantId } = token;
  if (!grantId) return;
  if (!used) {
    await write(services, (tx) => touchGrant(tx, grantId));
    if (code) await write(services, (tx) => dateUse(tx, 'AuthorizationCode', code.jti));
    return;
  }
  const request = await refreshRequest(ctx);
  await write(services, (tx) => keepAnswer(tx, { token: used.jti, grantId }, request, body));
}

/** RFC 6749 section 5.1: `scope` may be left out when it is what the client asked for. */
async function isAnsweredAsAsked(services: Services, ctx: Context, answered: unknown): Promise<boolean> {
  const { params, entities } = ctx.oidc;
  const words = (scope: unknown) =>
    new Set(typeof scope === 'string' && scope !== '' ? scope.split(' ') : []);
  const given = words(answered);
  let asked: ReadonlySet<string> | undefined;
  if (typeof params?.scope === 'string') asked = words(params.scope);
  else if (params?.grant_type === 'refresh_token') return true;
  else {
    const grantId = entities.Grant?.jti;
    const grant = grantId ? await read(services, (db) => findLiveGrant(db, grantId)) : undefined;
    asked = grant?.requestedScopes ? new Set(grant.requestedScopes) : undefined;
  }
  return asked !== undefined && asked.size === given.size && [...asked].every((scope) => given.has(scope));
}

function bodyOf(ctx: Context): Record<string, unknown> | undefined {
  return typeof ctx.body === 'object' && ctx.body !== null
    ? (ctx.body as Record<string, unknown>)
    : undefined;
}
