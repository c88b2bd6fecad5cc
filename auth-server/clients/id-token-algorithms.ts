/** How ID tokens and logout tokens for a client are signed (OpenID Connect Registration section 2). */

/** What we have keys for (oidc/signing-keys). */
export const signingAlgorithms = ['ES256', 'RS256'] as const;

export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** The algorithm that client metadata names; RS256 when it names none that we sign with. */
export function idTokenAlgorithm(metadata: Readonly<Record<string, unknown>>): SigningAlgorithm {
  const { id_token_signed_response_alg: named } = metadata;
  return signingAlgorithms.find((algorithm) => algorithm === named) ?? 'RS256';
}
