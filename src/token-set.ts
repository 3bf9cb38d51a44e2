/** The token set as programs see it, as a grant brings it, and as a store keeps it; the rules of freshness. */

/**
 * What a provider says of a person, where it does (OpenID Connect Core 1.0 §5.1). The types are the specification's; what a
 * provider sends is not compared with them.
 */
export interface StandardClaims {
  readonly name?: string | undefined;
  readonly given_name?: string | undefined;
  readonly family_name?: string | undefined;
  readonly preferred_username?: string | undefined;
  readonly picture?: string | undefined;
  readonly locale?: string | undefined;
  readonly email?: string | undefined;
  readonly email_verified?: boolean | undefined;
}

/** The claims of an ID Token (OpenID Connect Core 1.0 §2), and whatever else the provider puts there. */
export interface IdTokenClaims extends StandardClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** Seconds since 1970. */
  readonly exp: number;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly [claim: string]: unknown;
}

/** What `getTokenSet()` gives. It never holds the refresh token. */
export interface TokenSet {
  readonly accessToken: string;
  /** `"Bearer"` or `"DPoP"`, whatever the provider's spelling. */
  readonly tokenType: string;
  readonly expiresAt: Date;
  /** What was granted, which may be less than was asked for (RFC 6749 §3.3). */
  readonly scopes: readonly string[];
  /** The `aud` of a JWT access token; empty for an opaque one. */
  readonly audiences: readonly string[];
  readonly idToken?: string;
  readonly idTokenClaims?: IdTokenClaims;
}

/** One access token as it is kept. Times are wall time in milliseconds. */
export interface StoredAccessToken {
  readonly token: string;
  readonly tokenType: string;
  readonly obtainedAt: number;
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
}

type Lifetime = Pick<StoredAccessToken, "obtainedAt" | "expiresAt">;

/** What a token endpoint granted, validated. */
export interface TokenResponse {
  readonly accessToken: StoredAccessToken;
  readonly refreshToken?: string;
  /** When the refresh token ends, where the provider says so. Wall time in milliseconds. */
  readonly endsAt?: number;
  readonly idToken?: string;
  readonly idTokenClaims?: IdTokenClaims;
}

/**
 * A session as a store keeps it. Fields that this version does not know are carried along on every write, so that a
 * newer version of the same format loses nothing.
 */
export interface SessionRecord {
  readonly version: 1;
  /** Random, new with each login and kept by each refresh: how a late refresh knows that its session has gone. */
  readonly id: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly subject?: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /**
   * The last refresh brought an ID Token that failed validation. No access token is given until one of the same person has
   * validated.
   */
  readonly idTokenOwed?: boolean;
  /** The marks of the sign-outs that the login came after, the newest one last. Absent in records of versions without them. */
  readonly signOuts?: readonly string[];
  /** When the session ends at the latest, as the provider has said. Wall time in milliseconds. */
  readonly endsAt?: number;
  /** The last refresh brought no other refresh token: this one serves more than once. */
  readonly refreshTokenLasts?: boolean;
  /** By audience; today with one entry, named `DEFAULT_TOKEN`. */
  readonly accessTokens: Readonly<Record<string, StoredAccessToken>>;
}

/** The one entry of `accessTokens` that today's client uses. */
export const DEFAULT_TOKEN = "default";

/** The access token of a record, where it has one. */
export function accessTokenOf(record: SessionRecord | undefined): StoredAccessToken | undefined {
  return record?.accessTokens[DEFAULT_TOKEN];
}

/**
 * Milliseconds that the token still has. Never more than its lifetime: when the clock was set back to before the token
 * was obtained, nothing is known about the time left, and the answer is 0.
 */
export function timeLeft(token: Lifetime, now: number, toleranceMs: number): number {
  if (now + toleranceMs < token.obtainedAt) return 0;
  return Math.min(token.expiresAt - now, token.expiresAt - token.obtainedAt);
}

/**
 * Milliseconds that a token must still have to be given: what the call asks for, or half of the token's life where that is
 * less. A provider whose tokens live shorter than `minValiditySeconds` would else be asked by each call.
 */
export function neededMs(token: Lifetime, minValidityMs: number): number {
  return Math.min(minValidityMs, (token.expiresAt - token.obtainedAt) / 2);
}

/** The payload of an ID Token, a character a byte; `undefined` where it has none. Throws where it is no base64url. */
export function payloadOf(idToken: string): string | undefined {
  const payload = idToken.split(".")[1];
  return payload === undefined ? undefined : atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
}

/** The claims of an ID Token that was validated when it was stored. */
export function claimsOf(idToken: string | undefined): IdTokenClaims | undefined {
  const payload = idToken === undefined ? undefined : payloadOf(idToken);
  if (payload === undefined) return undefined;
  const bytes = Uint8Array.from(payload, (char) => char.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes)) as IdTokenClaims;
}
