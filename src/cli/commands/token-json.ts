/** What `--json` says of a token set. */
import type { TokenSet } from "../../token-set.js";

export function tokenJson(set: TokenSet): string {
  return `${JSON.stringify({ accessToken: set.accessToken, ...factsOf(set) })}\n`;
}

/** The token set without the token. */
export function factsOf({ tokenType, expiresAt, scopes, audiences, idTokenClaims }: TokenSet) {
  return {
    tokenType,
    expiresAt: expiresAt.toISOString(),
    scopes,
    audiences,
    ...(idTokenClaims && { subject: idTokenClaims.sub }),
  };
}
