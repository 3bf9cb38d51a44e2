/** What a grant makes of a session. */
import { DEFAULT_TOKEN, type TokenResponse, type SessionRecord } from "../token-set.js";

/** The session that a login begins. */
export function beginSession(
  grant: TokenResponse,
  owner: { issuer: string; clientId: string; id: string },
): SessionRecord {
  return {
    version: 1,
    id: owner.id,
    issuer: owner.issuer,
    clientId: owner.clientId,
    ...(grant.idTokenClaims && { subject: grant.idTokenClaims.sub }),
    ...(grant.refreshToken !== undefined && { refreshToken: grant.refreshToken }),
    ...(grant.idToken !== undefined && { idToken: grant.idToken }),
    accessTokens: { [DEFAULT_TOKEN]: grant.accessToken },
  };
}

/**
 * The session after a refresh. What the answer leaves out stays as it was: the refresh token (RFC 6749 §6), the ID Token
 * (OpenID Connect Core 1.0 §12.2), and the fields of a newer version.
 */
export function mergeRefreshed(record: SessionRecord, grant: TokenResponse): SessionRecord {
  return {
    ...record,
    ...(grant.refreshToken !== undefined && { refreshToken: grant.refreshToken }),
    ...(grant.idToken !== undefined && { idToken: grant.idToken }),
    accessTokens: { ...record.accessTokens, [DEFAULT_TOKEN]: grant.accessToken },
  };
}
