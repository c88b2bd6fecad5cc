/**
 * What proofs of possession (RFC 9449) may be signed with, at both servers; symmetric keys prove nothing. Told in
 * metadata and in challenges.
 */
export const proofAlgorithms = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const;
