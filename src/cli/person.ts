/** Who a session is, by its ID Token (OpenID Connect Core 1.0 §5.1). */
import { oneLine } from "../options/log.js";
import type { IdTokenClaims } from "../token-set.js";

const LONGEST_NAME = 200;

/** A claim as a line of text. */
export function textOf(claim: unknown): string | undefined {
  if (typeof claim !== "string" || claim.trim() === "") return undefined;
  return oneLine(claim, LONGEST_NAME);
}

/** A name to show: what a person knows themselves by, else the subject. */
export function nameOf(claims: IdTokenClaims | undefined): string | undefined {
  if (claims === undefined) return undefined;
  return [claims.preferred_username, claims.email, claims.name, claims.sub].map(textOf).find((name) => name);
}

// They tie a token to its login; nobody outside has a use for them.
const INNER = ["nonce", "at_hash", "c_hash", "s_hash", "jti", "sid"];

/** The claims that say something about the person or the session. */
export function publicClaims(claims: IdTokenClaims): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !INNER.includes(name)));
}
