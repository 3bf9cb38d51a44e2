/** A session as a program sees it. */
import {
  accessTokenOf,
  type IdTokenClaims,
  payloadOf,
  type SessionRecord,
  type StoredAccessToken,
  type TokenSet,
} from "../token-set.js";

/** The claims of an ID Token that was validated when it was stored. */
export function claimsOf(idToken: string | undefined): IdTokenClaims | undefined {
  const payload = idToken === undefined ? undefined : payloadOf(idToken);
  if (payload === undefined) return undefined;
  const bytes = Uint8Array.from(payload, (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as IdTokenClaims;
}

/** Of a session that has an access token. */
export function tokenSetOf(record: SessionRecord): TokenSet {
  const token = accessTokenOf(record) as StoredAccessToken;
  const claims = claimsOf(record.idToken);
  return {
    accessToken: token.token,
    tokenType: token.tokenType,
    expiresAt: new Date(token.expiresAt),
    scopes: [...token.scopes],
    audiences: [...token.audiences],
    ...(record.idToken !== undefined && { idToken: record.idToken }),
    ...(claims && { idTokenClaims: claims }),
  };
}
