/**
 * What is checked of tokens beyond the engine library: signatures always, `at_hash`, continuity over a refresh, and JWT
 * access tokens (RFC 9068 §4, without the members that only resource servers need).
 */
import type { ClientConfig } from "../options/config.js";
import { TokenValidationError } from "../errors.js";
import type { Clock } from "../ports.js";
import type { IdTokenClaims } from "../token-set.js";
import { base64UrlEncode, decodeJwt, verifySignature } from "./jws.js";
import type { ServerMetadata } from "./metadata.js";
import type { Provider } from "./authorization-server.js";

const KEPT = "Nothing was stored; the session is as it was.";

export interface TokenChecks {
  readonly config: ClientConfig;
  readonly clock: Clock;
  readonly provider: Provider;
}

/** What a JWT access token says about itself; empty for an opaque one. */
export interface AccessTokenFacts {
  readonly audiences: readonly string[];
  readonly expiresAt?: number;
}

/** Verifies an ID Token whose claims the engine has already checked, and its bond to the access token. */
export async function verifyIdToken(idToken: string, accessToken: string, checks: TokenChecks): Promise<void> {
  const jwt = decodeJwt(idToken);
  if (jwt === undefined)
    throw new TokenValidationError("format", `The ID Token is no signed JWT that can be read. ${KEPT}`);
  await verifySignature("the ID Token", jwt, await checks.provider.keys(), () => checks.provider.freshKeys());
  const { sub, azp, at_hash } = jwt.claims;
  if (typeof sub !== "string" || sub === "") {
    throw new TokenValidationError("sub", `The ID Token is not valid: its "sub" is missing or wrong. ${KEPT}`);
  }
  // OpenID Connect Core 1.0 §3.1.3.7, 5; the engine looks at it only beside a list of audiences.
  if (azp !== undefined && azp !== checks.config.clientId) {
    throw new TokenValidationError("azp", `The ID Token is not valid: its "azp" is another client. ${KEPT}`);
  }
  if (at_hash !== undefined && at_hash !== (await accessTokenHash(jwt.header.alg, accessToken))) {
    throw new TokenValidationError("at_hash", `The ID Token belongs to another access token. ${KEPT}`);
  }
}

/** OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that the signature algorithm uses. */
async function accessTokenHash(alg: string, accessToken: string): Promise<string> {
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? "512";
  const digest = await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(accessToken));
  return base64UrlEncode(new Uint8Array(digest, 0, digest.byteLength / 2));
}

/** OpenID Connect Core 1.0 §12.2: a refresh must speak of the same person at the same client. */
export function checkContinuity(refreshed: IdTokenClaims, first: IdTokenClaims | undefined): void {
  if (first === undefined) return;
  const changed = (["sub", "iss", "azp", "auth_time"] as const).find(
    // Only sub and iss must be there; the others must not change where both tokens have them.
    (claim) =>
      claim in refreshed && claim in first ? refreshed[claim] !== first[claim] : claim === "sub" || claim === "iss",
  );
  if (changed !== undefined) {
    throw new TokenValidationError(
      changed,
      `The refreshed ID Token differs from that of the login in "${changed}"; its access token is not handed out. The session is kept; sign in again if the user has changed.`,
    );
  }
}

/** Validates an access token that is a JWT; an opaque one passes where no audience is asked for. */
export async function checkAccessToken(
  token: string,
  metadata: ServerMetadata,
  checks: TokenChecks,
): Promise<AccessTokenFacts> {
  const { config, clock, provider } = checks;
  const jwt = decodeJwt(token);
  if (jwt === undefined) {
    if (config.audiences.length === 0) return { audiences: [] };
    throw new TokenValidationError(
      "aud",
      `The access token is opaque, so that the option audiences cannot be checked. ${KEPT} Ask the provider for JWT access tokens, or leave audiences out.`,
    );
  }
  await verifySignature("the access token", jwt, await provider.keys(), () => provider.freshKeys());
  const { iss, exp, nbf } = jwt.claims;
  if (iss !== metadata.issuer) throw accessTokenError("iss", "it is from another issuer");
  const now = clock.now() / 1000;
  const tolerance = config.clockToleranceMs / 1000;
  if (typeof exp !== "number" || exp <= now - tolerance)
    throw accessTokenError("exp", "it has expired or does not say when it does; check this machine's clock");
  if (nbf !== undefined && (typeof nbf !== "number" || nbf > now + tolerance))
    throw accessTokenError("nbf", "it is not valid yet; check this machine's clock");
  const audiences = audiencesOf(jwt.claims.aud);
  const missing = config.audiences.find((audience) => !audiences.includes(audience));
  if (missing !== undefined)
    throw accessTokenError(
      "aud",
      `it is not for the audience "${missing}" (option audiences); check the scopes asked for`,
    );
  return { audiences, expiresAt: exp * 1000 };
}

function audiencesOf(aud: unknown): string[] {
  const list = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  if (!list.every((item) => typeof item === "string")) throw accessTokenError("aud", "its audience is not a string");
  return list;
}

function accessTokenError(claim: string, problem: string): TokenValidationError {
  return new TokenValidationError(claim, `The access token is not valid: ${problem}. ${KEPT}`);
}
