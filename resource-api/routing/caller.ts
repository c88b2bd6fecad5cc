/**
 * Who calls. Three kinds, and nothing that one of them lacks stands on another: a key acts for an account, an
 * access token for one person within the scopes that they left on, a JWT for the person who signed in.
 */
import type { KeyEnvironment } from '../../shared/crypto/key-format.js';
import type { PlanDefinition } from '../../shared/products/product.js';

interface Account {
  /** Whose limits and plan count: a person's or an agent's id, or the app's own where it has no owner. */
  accountId: string;
  /** Name and figures of that account's plan at this product. */
  plan: string;
  planDefinition: PlanDefinition;
}

export interface ApiKeyCaller extends Account {
  kind: 'apiKey';
  keyId: string;
  /** The same for a key and its successors: what is counted by key is counted by this. */
  familyId: string;
  environment: KeyEnvironment;
  /** null: everything that keys of the product may do. */
  permissions: readonly string[] | null;
  /** CIDR blocks; null for any address. */
  ipAllowlist: readonly string[] | null;
  /** Unix milliseconds; null for never. */
  expiresAtMs: number | null;
}

export interface AccessTokenCaller extends Account {
  kind: 'accessToken';
  clientId: string;
  grantId: string | undefined;
  /** The person who consented; undefined for client credentials, which act for nobody. */
  personId: string | undefined;
  scopes: readonly string[];
  /** Unix milliseconds. */
  expiresAtMs: number;
}

export interface JwtCaller extends Account {
  kind: 'jwt';
  personId: string;
  /** `worker`: someone who takes tasks. `user`: someone who manages what is theirs. */
  role: 'worker' | 'user';
  tokenId: string;
  /** Unix milliseconds. */
  expiresAtMs: number;
}

export type Caller = ApiKeyCaller | AccessTokenCaller | JwtCaller;

/** What ends the JWT of a caller (session-status): its person, its id, and until when it would have lived. */
export const sessionClaims = ({ personId, tokenId, expiresAtMs }: JwtCaller) => ({
  userId: personId,
  jti: tokenId,
  expiresAt: Math.floor(expiresAtMs / 1000),
});

/** The credential's own id, for logs and audit: never the credential. */
export function credentialIdOf(caller: Caller): string {
  switch (caller.kind) {
    case 'apiKey':
      return caller.keyId;
    case 'accessToken':
      return caller.grantId ?? caller.clientId;
    case 'jwt':
      return caller.tokenId;
  }
}
