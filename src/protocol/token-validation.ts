/** What is checked of tokens: ID Tokens (OpenID Connect Core 1.0 §3.1.3.7), and JWT access tokens (RFC 9068 §4). */
import { LoginRequiredError, TokenValidationError } from "../errors.js";
import type { IdTokenClaims, SessionRecord } from "../token-set.js";
import type { AuthorizationServer } from "./authorization-server.js";
import { base64UrlEncode, type DecodedJwt, decodeJwt, type Members, verifySignature } from "./jws.js";

/** What an ID Token is compared with. */
export interface ExpectedIdToken {
  readonly nonce?: string | undefined;
  /** What `max_age` was sent. */
  readonly maxAgeSeconds?: number | undefined;
  /** The claims of the session's ID Token so far, for a refresh. */
  readonly first?: Members | undefined;
}

const audiencesOf = (aud: unknown): readonly unknown[] => (Array.isArray(aud) ? aud : aud === undefined ? [] : [aud]);

const stringsOf = (aud: unknown) => audiencesOf(aud).filter((audience) => typeof audience === "string");

/** Validates an ID Token and its bond to the access token. Gives its claims. */
export async function validateIdToken(
  server: AuthorizationServer,
  idToken: string,
  accessToken: string,
  expected: ExpectedIdToken,
): Promise<IdTokenClaims> {
  const jwt = decodeJwt(idToken);
  if (jwt === undefined) throw new TokenValidationError("format", "The ID Token is no signed JWT that can be read.");
  const wrong =
    (await wrongPart(server, jwt)) ?? wrongTime(server, jwt.claims, expected) ?? wrongBond(jwt.claims, expected);
  if (wrong !== undefined) throw idTokenError(wrong);
  await verifySignature("the ID Token", jwt, server);
  const { at_hash } = jwt.claims;
  if (at_hash !== undefined && at_hash !== (await accessTokenHash(jwt.header.alg, accessToken)))
    throw new TokenValidationError("at_hash", "The ID Token belongs to another access token.");
  return jwt.claims as unknown as IdTokenClaims;
}

function idTokenError(claim: string): TokenValidationError {
  const isTime = ["exp", "nbf", "iat", "auth_time"].includes(claim);
  return new TokenValidationError(
    claim,
    `The ID Token is not valid: its "${claim}" is missing or wrong.${isTime ? " If this happens often, check this machine's clock." : ""}`,
  );
}

/** The header, the issuer, the client and the person: the name of what is wrong. */
async function wrongPart(server: AuthorizationServer, { header, claims }: DecodedJwt): Promise<string | undefined> {
  const metadata = await server.metadata();
  const { clientId } = server.config;
  // An access token that was issued to this very client has our `aud` (RFC 9068 §2.1).
  if (typeof header.typ === "string" && /^(application\/)?at\+jwt$/i.test(header.typ)) return "typ";
  if (header.crit !== undefined) return "crit";
  const algorithms = metadata.id_token_signing_alg_values_supported;
  if (Array.isArray(algorithms) && !algorithms.includes(header.alg)) return "alg";
  const { iss, aud, azp, sub } = claims;
  if (iss !== metadata.issuer) return "iss";
  const audiences = audiencesOf(aud);
  if (!audiences.includes(clientId) || (audiences.length > 1 && azp === undefined)) return "aud";
  if (azp !== undefined && azp !== clientId) return "azp";
  return typeof sub !== "string" || sub === "" ? "sub" : undefined;
}

function wrongTime(
  server: AuthorizationServer,
  claims: Members,
  { maxAgeSeconds }: ExpectedIdToken,
): string | undefined {
  const { exp, iat, nbf, auth_time } = claims;
  const now = server.clock.now() / 1000;
  const tolerance = server.config.clockToleranceMs / 1000;
  if (typeof exp !== "number" || exp <= now - tolerance) return "exp";
  if (typeof iat !== "number") return "iat";
  if (nbf !== undefined && (typeof nbf !== "number" || nbf > now + tolerance)) return "nbf";
  if (auth_time !== undefined && typeof auth_time !== "number") return "auth_time";
  if (maxAgeSeconds === undefined) return undefined;
  return auth_time === undefined || auth_time + maxAgeSeconds < now - tolerance ? "auth_time" : undefined;
}

/** The bond to the request, and to the ID Token so far (OpenID Connect Core 1.0 §12.2). */
function wrongBond(claims: Members, { nonce, first }: ExpectedIdToken): string | undefined {
  if (nonce !== undefined && claims.nonce !== nonce) return "nonce";
  if (first === undefined) return undefined;
  if (claims.nonce !== undefined && first.nonce !== undefined && claims.nonce !== first.nonce) return "nonce";
  // A person who has signed in again since, at another application, is the same person with a later time.
  return Number(claims.auth_time) < Number(first.auth_time) ? "auth_time" : undefined;
}

/** OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that the signature algorithm uses. */
async function accessTokenHash(alg: string, accessToken: string): Promise<string> {
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? "512";
  const digest = await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(accessToken));
  return base64UrlEncode(new Uint8Array(digest, 0, digest.byteLength / 2));
}

/**
 * Ends the session where a refresh speaks of another person or another client: read without a look at the signature,
 * since a wrong one makes the answer no better. What cannot be read speaks of nobody.
 */
export function refuseAnother(clientId: string, issuer: string, record: SessionRecord, idToken: unknown): void {
  const claims = typeof idToken === "string" ? decodeJwt(idToken)?.claims : undefined;
  if (claims === undefined) return;
  const first = decodeJwt(record.idToken ?? "")?.claims;
  const differs = (stated: unknown, known: unknown) =>
    typeof stated === "string" && known !== undefined && stated !== known;
  if (differs(claims.sub, first?.sub ?? record.subject) || differs(claims.iss, first?.iss ?? issuer))
    throw new LoginRequiredError(
      "user_changed",
      "The provider answered the refresh with tokens of another person, which are not taken. Sign in again.",
      { sessionKept: false },
    );
  const audiences = stringsOf(claims.aud);
  if ((audiences.length > 0 && !audiences.includes(clientId)) || differs(claims.azp, clientId))
    throw new LoginRequiredError(
      "refresh_rejected",
      "The provider answered the refresh with tokens of another client, which are not taken. Sign in again.",
      { sessionKept: false },
    );
}

/**
 * Without the option audiences an access token is opaque to the client (RFC 9068 §6): what can be read is passed on, and
 * nothing in it is a reason to refuse it. With it the token is validated.
 */
export async function readAccessToken(
  server: AuthorizationServer,
  token: string,
): Promise<{ readonly audiences: readonly string[]; readonly expiresAt: number | undefined }> {
  const jwt = decodeJwt(token);
  if (server.config.audiences.length > 0) await validateAccessToken(server, jwt);
  const { aud, exp } = jwt?.claims ?? {};
  return { audiences: stringsOf(aud), expiresAt: typeof exp === "number" ? exp * 1000 : undefined };
}

async function validateAccessToken(server: AuthorizationServer, jwt: DecodedJwt | undefined): Promise<void> {
  const { config, clock } = server;
  const leaveOut =
    "If the provider's access tokens are not meant to be read by this client, leave the option audiences out.";
  const refuse = (claim: string, problem: string): never => {
    throw new TokenValidationError(claim, `The access token cannot be taken: ${problem}. ${leaveOut}`);
  };
  if (jwt === undefined) return refuse("aud", "it is opaque, so that its audience cannot be checked");
  if (jwt.header.crit !== undefined) refuse("crit", "it asks for an extension that is not known");
  await verifySignature("the access token", jwt, server, leaveOut);
  const { iss, exp, nbf, aud } = jwt.claims;
  const { issuer, access_token_issuer } = await server.metadata();
  if (typeof iss !== "string" || (iss !== issuer && iss !== access_token_issuer))
    refuse("iss", "it is from another issuer");
  const now = clock.now() / 1000;
  const tolerance = config.clockToleranceMs / 1000;
  if (typeof exp !== "number" || exp <= now - tolerance)
    refuse("exp", "it has expired or does not say when it does; check this machine's clock");
  if (nbf !== undefined && (typeof nbf !== "number" || nbf > now + tolerance))
    refuse("nbf", "it is not valid yet; check this machine's clock");
  const audiences = stringsOf(aud);
  if (audiences.length < audiencesOf(aud).length) refuse("aud", "its audience is not a string");
  const missing = config.audiences.find((audience) => !audiences.includes(audience));
  if (missing !== undefined)
    refuse("aud", `it is not for the audience "${missing}" (option audiences); check the scopes asked for`);
}
