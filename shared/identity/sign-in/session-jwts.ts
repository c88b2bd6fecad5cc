/**
 * JWTs with which people use a product's API (HS256, `jose`). A token is for one product (`aud`) and worth nothing
 * at another; the algorithm, the issuer and the type are fixed here and never taken from the token (RFC 8725
 * sections 3.1, 3.8, 3.9, 3.11). The signing key is derived from `SECRET_KEY`, and `kid` says from which of its
 * list: the newest signs, all verify, so a rotation ends nobody's session.
 *
 * A good signature says only that the token was ours once; whether it still stands is another question
 * (jwt-standing).
 */
import { createHmac, randomUUID, type webcrypto } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Config } from '../../config.js';
import { purposeKeys } from '../../crypto/secrets.js';
import { personIdOf, personSubject } from '../../ids.js';
import type { Product } from '../../products/product.js';
import type { Services } from '../../services.js';
import type { User } from '../people/users.js';

/** `worker`: someone who takes tasks. `user`: someone who manages what is theirs. */
export type SessionRole = 'worker' | 'user';

export interface SessionClaims {
  userId: string;
  role: SessionRole;
  jti: string;
  /** `users.token_version` when the token was issued. */
  tokenVersion: number;
  /** Unix seconds. */
  issuedAt: number;
  expiresAt: number;
}

/** Why a token is not one of ours for this product. For logs and tests: callers are told `token_invalid`. */
export type JwtProblem =
  | 'malformed'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_type'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'bad_claims'
  | 'expired';

const algorithm = 'HS256';
const tokenType = 'session+jwt';
const maximumCharacters = 4096;

interface SigningKey {
  kid: string;
  key: webcrypto.CryptoKey;
}

const importedKeys = new WeakMap<readonly Buffer[], Promise<[SigningKey, ...SigningKey[]]>>();

/** The keys of `SECRET_KEY`'s list, newest first. A `kid` is a digest of its key and tells nothing about it. */
function signingKeys(config: Pick<Config, 'secretKeys'>): Promise<[SigningKey, ...SigningKey[]]> {
  const known = importedKeys.get(config.secretKeys) ?? importKeys(config);
  importedKeys.set(config.secretKeys, known);
  return known;
}

async function importKeys(config: Pick<Config, 'secretKeys'>): Promise<[SigningKey, ...SigningKey[]]> {
  const [newest, ...older] = await Promise.all(
    purposeKeys(config, 'jwt').map(async (secret) => ({
      kid: createHmac('sha256', secret).update('kid').digest('base64url').slice(0, 16),
      key: await crypto.subtle.importKey(
        'raw',
        new Uint8Array(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign', 'verify'],
      ),
    })),
  );
  if (!newest) throw new Error('SECRET_KEY is empty');
  return [newest, ...older];
}

/**
 * A token for one person at one product, for `product.jwt.lifetimeSeconds`. `user` is the record that was read
 * together with the password or code: a token for a password that was changed meanwhile is then dead at birth.
 */
export async function issueSessionJwt(
  { config, clock }: Services,
  product: Product,
  {
    user,
    role,
    jti = randomUUID(),
  }: { user: Pick<User, 'id' | 'tokenVersion'>; role: SessionRole; jti?: string },
): Promise<{ token: string; expiresInSeconds: number }> {
  if (!product.jwt) throw new Error(`product "${product.id}" issues no JWTs`);
  const [{ kid, key }] = await signingKeys(config);
  const expiresInSeconds = product.jwt.lifetimeSeconds;
  const issuedAt = clock.seconds();
  const token = await new SignJWT({ ver: user.tokenVersion, role })
    // `alg` comes first: the documented samples begin with the head that this gives.
    .setProtectedHeader({ alg: algorithm, typ: tokenType, kid })
    .setIssuer(config.issuer)
    .setAudience(product.id)
    .setSubject(personSubject(user.id))
    .setJti(jti)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresInSeconds)
    .sign(key);
  return { token, expiresInSeconds };
}

/** The claims of a token that we signed for this product and that has not expired, or why it is not that. */
export async function verifySessionJwt(
  { config, clock }: Services,
  product: Product,
  token: string,
): Promise<{ claims: SessionClaims } | { problem: JwtProblem }> {
  if (token.length > maximumCharacters) return { problem: 'malformed' };
  const keys = await signingKeys(config);
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const found = keys.find((candidate) => candidate.kid === kid);
        if (!found) throw new errors.JWKSNoMatchingKey();
        return found.key;
      },
      {
        algorithms: [algorithm],
        typ: tokenType,
        issuer: config.issuer,
        audience: product.id,
        requiredClaims: ['sub', 'exp', 'iat', 'jti', 'ver', 'role'],
        currentDate: clock.now(),
      },
    );
    const claims = readClaims(payload);
    return claims ? { claims } : { problem: 'bad_claims' };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function readClaims(payload: Record<string, unknown>): SessionClaims | undefined {
  const { sub, role, jti, ver, iat, exp } = payload;
  const userId = typeof sub === 'string' ? personIdOf(sub) : undefined;
  const known = (role === 'worker' || role === 'user') && typeof jti === 'string' && userId !== undefined;
  if (!known || typeof ver !== 'number' || typeof iat !== 'number' || typeof exp !== 'number')
    return undefined;
  return { userId, role, jti, tokenVersion: ver, issuedAt: iat, expiresAt: exp };
}

const problemsOfClaims: Readonly<Record<string, JwtProblem>> = {
  typ: 'wrong_type',
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
};

function problemOf(error: unknown): JwtProblem {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return problemsOfClaims[error.claim] ?? 'bad_claims';
  if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_key';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong_algorithm';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
}
