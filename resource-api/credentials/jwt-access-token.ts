/**
 * Access tokens as JWTs (RFC 9068), for apps that were set so. The signature says who issued it and for whom, and
 * not whether it still stands: that is asked of the database like for any credential, so that a revoked grant ends
 * its JWTs with the next request too. The key is found by `kid` alone and in our own table alone; whatever else a
 * header says about keys (`jwk`, `jku`, `x5u`) is not looked at.
 */
import { hash } from 'node:crypto';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { Change } from '../../shared/changes/changes.js';
import { findLiveGrant } from '../../shared/identity/oauth/grants.js';
import type { LiveAccessToken } from '../../shared/identity/oauth/oidc-records.js';
import { findPublishedKey } from '../../shared/identity/sign-in/published-keys.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { resourceIdentifier } from '../routing/protected-resource.js';
import { type CredentialRecord, type CredentialScheme, notMine } from './scheme.js';
import { loadTokenRecord } from './token-record.js';

const type = 'at+jwt';

export const jwtAccessTokenScheme: CredentialScheme = {
  recognise(services, product, presented) {
    if (presented.place !== 'bearer' && presented.place !== 'dpop') return notMine;
    const { value } = presented;
    if (!product.oauth || !claimsToBeOne(value)) return notMine;
    return {
      kind: 'candidate',
      candidate: {
        id: `${product.id}:${hash('sha256', value, 'base64')}`,
        whenUnknown: 'token_invalid',
        load: () => loadJwt(services, product, value),
      },
    };
  },
};

function claimsToBeOne(value: string): boolean {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) return false;
  try {
    return decodeProtectedHeader(value).typ === type;
  } catch {
    return false;
  }
}

async function loadJwt(
  services: Services,
  product: Product,
  value: string,
): Promise<CredentialRecord | undefined> {
  const verified = await verify(services, product, value);
  const token = verified && readClaims(verified.claims);
  if (!verified || !token) return undefined;
  const { grantId, subject } = token;
  const own: Change[] = [{ kind: 'signingKey', id: verified.kid }];
  const record = await loadTokenRecord(services, product, token, own);
  // Only client credentials act without a grant.
  const stands = grantId === undefined ? subject === undefined : await findLiveGrant(services, grantId);
  return record && !stands ? { ...record, problem: 'token_invalid' } : record;
}

interface Verified {
  kid: string;
  claims: JWTPayload;
}

async function verify(services: Services, product: Product, value: string): Promise<Verified | undefined> {
  const { config, clock } = services;
  const audience = resourceIdentifier(config, product);
  const { kid } = decodeProtectedHeader(value);
  const key = typeof kid === 'string' ? await findPublishedKey(services, kid) : undefined;
  if (!kid || !key) return undefined;
  try {
    const { payload } = await jwtVerify(value, key, {
      typ: type,
      algorithms: ['ES256'],
      issuer: config.issuer,
      audience,
      currentDate: clock.now(),
      requiredClaims: ['exp', 'sub', 'jti'],
    });
    // Ours are for one resource; a list would be somebody else's idea.
    return payload.aud === audience ? { kid, claims: payload } : undefined;
  } catch {
    return undefined;
  }
}

function readClaims(claims: JWTPayload): LiveAccessToken | undefined {
  const { sub, client_id: clientId, grant_id: grantId, scope, aud, exp, cnf } = claims;
  if (typeof clientId !== 'string' || exp === undefined) return undefined;
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined;
  return {
    subject: sub === clientId ? undefined : sub,
    clientId,
    grantId: typeof grantId === 'string' ? grantId : undefined,
    scopes: typeof scope === 'string' && scope !== '' ? scope.split(' ') : [],
    audience: aud,
    expiresAt: exp,
    boundTo: typeof jkt === 'string' ? jkt : undefined,
  };
}
