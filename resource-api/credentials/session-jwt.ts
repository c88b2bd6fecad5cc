/**
 * JWTs of people who signed in at a product. What has the shape of a JWT is looked up like any credential: the
 * look-up is the signature, and then whether the token still stands (its person active, the password unchanged).
 */
import { hash } from 'node:crypto';
import { changeSubject } from '../../shared/changes/changes.js';
import { findPlan, planDefinition } from '../../shared/identity/people/plans.js';
import { verifySessionJwt } from '../../shared/identity/sign-in/session-jwts.js';
import {
  findSessionStatus,
  isSessionActive,
  jwtSubjects,
} from '../../shared/identity/sign-in/session-status.js';
import type { Product } from '../../shared/products/product.js';
import type { Services } from '../../shared/services.js';
import { type CredentialRecord, type CredentialScheme, notMine } from './scheme.js';

const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export const sessionJwtScheme: CredentialScheme = {
  recognise(services, product, presented) {
    if (!product.jwt || (presented.place !== 'bearer' && presented.place !== 'cookie')) return notMine;
    const { value } = presented;
    if (!shape.test(value)) return notMine;
    return {
      kind: 'candidate',
      candidate: {
        id: `${product.id}:${hash('sha256', value, 'base64')}`,
        whenUnknown: 'token_invalid',
        load: () => loadSession(services, product, value),
      },
    };
  },
};

async function loadSession(
  services: Services,
  product: Product,
  value: string,
): Promise<CredentialRecord | undefined> {
  const verified = await verifySessionJwt(services, product, value);
  if ('problem' in verified) return undefined;
  const { claims } = verified;
  const standing = await findSessionStatus(services, claims);
  if (!standing) return undefined;
  const plan = await findPlan(services, claims.userId, product);
  return {
    caller: {
      kind: 'jwt',
      personId: claims.userId,
      role: claims.role,
      tokenId: claims.jti,
      expiresAtMs: claims.expiresAt * 1000,
      accountId: claims.userId,
      plan,
      planDefinition: planDefinition(product, plan),
    },
    problem: isSessionActive(claims, standing) ? undefined : 'token_invalid',
    whenExpired: 'token_invalid',
    dependsOn: jwtSubjects(claims).map(changeSubject),
  };
}
