/** What a page may know, as data: named field by field, so that neither the raw ID Token crosses nor what may come later. */
import type { SessionState } from "../../session/session-state.js";
import type { IdTokenClaims, TokenSet } from "../../token-set.js";
import type { SessionData, TokenSetData } from "../messages.js";

export function tokenSetForPage({
  accessToken,
  tokenType,
  expiresAt,
  scopes,
  audiences,
  ...others
}: TokenSet): TokenSetData {
  const idTokenClaims = claimsForPage(others.idTokenClaims);
  const data = { accessToken, tokenType, expiresAt: expiresAt.getTime(), scopes, audiences };
  return { ...data, ...(idTokenClaims && { idTokenClaims }) };
}

export function sessionForPage({ status, subject, expiresAt, endsAt, ...others }: SessionState): SessionData {
  const claims = claimsForPage(others.claims);
  return {
    status,
    ...(subject !== undefined && { subject }),
    ...(claims && { claims }),
    ...(expiresAt && { expiresAt: expiresAt.getTime() }),
    ...(endsAt && { endsAt: endsAt.getTime() }),
  };
}

/** Without the nonce: it belongs to the login, which was checked here. */
export function claimsForPage(claims: IdTokenClaims | undefined): IdTokenClaims | undefined {
  if (claims === undefined) return undefined;
  const { nonce: _checked, ...others } = claims;
  return others as IdTokenClaims;
}
