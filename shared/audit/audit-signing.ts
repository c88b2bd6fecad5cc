/**
 * Signatures on statements about the audit log (anchors, checkpoints): Ed25519 over the statement in canonical
 * JSON. The private key is derived from SECRET_KEY, so it is never in the database: someone who can write there
 * can rewrite a chain, but not what was signed about it. The public half goes to customers, who verify offline.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Config } from '../config.js';
import { purposeKeys } from '../crypto/secrets.js';
import { canonicalJson, type Json } from './canonical-json.js';

type Keys = Pick<Config, 'secretKeys'>;

export type Statement = { [member: string]: Json };
/** A statement with the signer's raw public key (base64url, as in a JWK's `x`) and the signature. */
export type SignedStatement = Statement & { public_key: string; signature: string };

/** The fixed DER around the 32 bytes of an Ed25519 private key (RFC 8410 section 7). */
const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function signingKeys(config: Keys): KeyObject[] {
  return purposeKeys(config, 'audit-anchor').map((seed) =>
    createPrivateKey({ key: Buffer.concat([privateKeyPrefix, seed]), format: 'der', type: 'pkcs8' }),
  );
}

function publicKeyOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
}

/** The public keys whose signatures this installation accepts, newest first; one for each key in SECRET_KEY. */
export function auditPublicKeys(config: Keys): string[] {
  return signingKeys(config).map(publicKeyOf);
}

export function signStatement(config: Keys, statement: Statement): SignedStatement {
  const [key] = signingKeys(config);
  if (!key) throw new Error('SECRET_KEY is empty');
  const content = { ...statement, public_key: publicKeyOf(key) };
  return {
    ...content,
    signature: sign(null, Buffer.from(canonicalJson(content)), key).toString('base64url'),
  };
}

/** Whether one of `publicKeys` signed exactly this. */
export function isSignedStatement(
  statement: Statement,
  publicKeys: readonly string[],
): statement is SignedStatement {
  const { signature, ...content } = statement;
  const signer = content.public_key;
  if (typeof signature !== 'string' || typeof signer !== 'string' || !publicKeys.includes(signer))
    return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: signer }, format: 'jwk' });
  return verify(null, Buffer.from(canonicalJson(content)), key, Buffer.from(signature, 'base64url'));
}
