/** What is checked of tokens: ID Tokens (OpenID Connect Core 1.0 §3.1.3.7), and JWT access tokens (RFC 9068 §4). */
import { LoginRequiredError, type LoginRequiredReason, TokenValidationError } from "../errors.js";
import { quoted } from "../options/log.js";
import type { IdTokenClaims } from "../token-set.js";
import type { AuthorizationServer } from "./authorization-server.js";
import { issuerOf } from "./metadata.js";
import { base64UrlEncode, decodeJwt, isSameAlgorithm, type Members, wrongSignature } from "./jws.js";

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

/** Each claim or part with whether it is right: the name of the first that is not. */
const wrongOf = (parts: Readonly<Record<string, boolean>>) => Object.keys(parts).find((name) => !parts[name]);

/** Where more can be said of a part than that it is wrong. */
const PROBLEMS: Readonly<Record<string, string>> = {
  format: "it is no signed JWT that can be read",
  signature: "no key of the provider verifies its signature",
  at_hash: "it belongs to another access token",
};

/** A part that is no secret: as it was found, and as it is expected. */
const differs = (claim: string, found: unknown, expected: string) =>
  `its "${claim}" is ${quoted(found)}, and must be ${expected}`;

const CLOCK = "If this happens often, check this machine's clock. ";
const LEAVE_OUT = "If access tokens are not for this client to read, leave the option audiences out.";

function refuse(
  what: "ID Token" | "access token",
  claim: string,
  problem = PROBLEMS[claim] ?? `its "${claim}" is missing or wrong`,
  advice = (["exp", "nbf", "iat", "auth_time"].includes(claim) ? CLOCK : "") +
    (what === "ID Token" ? "Tell the provider's operator." : LEAVE_OUT),
): never {
  throw new TokenValidationError(claim, `The ${what} is not valid: ${problem}. ${advice}`);
}

function timesOf({ config, clock }: AuthorizationServer, { exp, nbf }: Members) {
  const now = clock.now() / 1000;
  const tolerance = config.clockToleranceMs / 1000;
  return {
    exp: typeof exp === "number" && exp > now - tolerance,
    nbf: nbf === undefined || (typeof nbf === "number" && nbf <= now + tolerance),
  };
}

/** Validates an ID Token and its bond to the access token. Gives its claims. */
export async function validateIdToken(
  server: AuthorizationServer,
  idToken: string,
  accessToken: string,
  { nonce, maxAgeSeconds, first = {} }: ExpectedIdToken,
): Promise<IdTokenClaims> {
  const jwt = decodeJwt(idToken) ?? refuse("ID Token", "format");
  const { header, claims } = jwt;
  const { iss, aud, azp, sub, iat, auth_time, at_hash } = claims;
  const { clientId, clockToleranceMs } = server.config;
  const metadata = await server.metadata();
  const { id_token_signing_alg_values_supported: algorithms } = metadata;
  const audiences = audiencesOf(aud);
  const issuer = issuerOf(metadata, claims);
  const knownNonce = nonce ?? (claims.nonce === undefined ? undefined : first.nonce);
  const oldestLogin =
    maxAgeSeconds === undefined ? undefined : (server.clock.now() - clockToleranceMs) / 1000 - maxAgeSeconds;
  const wrong =
    wrongOf({
      // An access token that was issued to this very client has our `aud` (RFC 9068 §2.1).
      typ: typeof header.typ !== "string" || !/^(application\/)?at\+jwt$/i.test(header.typ),
      crit: header.crit === undefined,
      alg: !Array.isArray(algorithms) || algorithms.some((name) => isSameAlgorithm(name, header.alg)),
      iss: iss !== undefined && iss === issuer,
      aud: audiences.includes(clientId) && (audiences.length === 1 || azp !== undefined),
      azp: azp === undefined || azp === clientId,
      sub: typeof sub === "string" && sub !== "",
      ...timesOf(server, claims),
      iat: typeof iat === "number",
      // A person who has signed in again since, at another application, is the same person with a later time (OpenID
      // Connect Core 1.0 §12.2). No time is before NaN, which an absent one is.
      auth_time:
        auth_time === undefined
          ? oldestLogin === undefined
          : typeof auth_time === "number" &&
            !(auth_time < Number(oldestLogin)) &&
            !(auth_time < Number(first.auth_time)),
      nonce: knownNonce === undefined || claims.nonce === knownNonce,
    }) ??
    (await wrongSignature(jwt, server)) ??
    wrongOf({ at_hash: at_hash === undefined || at_hash === (await accessTokenHash(header.alg, accessToken)) });
  if (wrong !== undefined) refuseIdToken(wrong, header, claims, clientId, issuer ?? metadata.issuer);
  return claims as unknown as IdTokenClaims;
}

/** Says what was found and what was expected, where that is no secret. */
function refuseIdToken(
  claim: string,
  { alg }: Members,
  { iss, aud, azp, auth_time }: Members,
  clientId: string,
  issuer: string,
): never {
  // Not the clock's fault.
  if (claim === "auth_time" && auth_time === undefined)
    refuse(
      "ID Token",
      claim,
      'it has no "auth_time", which max_age asks for',
      "Leave that out of authorizationParams.",
    );
  const ours = quoted(clientId);
  const told: Readonly<Record<string, readonly [found: unknown, expected: string]>> = {
    alg: [alg, "that of a public key, which the metadata list, such as RS256"],
    iss: [iss, quoted(issuer)],
    aud: [aud, `${ours} (option clientId), with "azp" beside others`],
    azp: [azp, ours],
  };
  const differing = told[claim];
  refuse("ID Token", claim, differing && differs(claim, ...differing));
}

/** OpenID Connect Core 1.0 §3.1.3.6: the left half of the hash that the signature algorithm uses. */
async function accessTokenHash(alg: string, accessToken: string): Promise<string> {
  const bits = /(256|384|512)$/.exec(alg)?.[1] ?? "512";
  const digest = await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(accessToken));
  return base64UrlEncode(new Uint8Array(digest, 0, digest.byteLength / 2));
}

/**
 * Ends the session where a refresh speaks of another person or another client than `first`: read without a look at the
 * signature, since a wrong one makes the answer no better. What cannot be read speaks of nobody.
 */
export function refuseAnother(clientId: string, first: Members, idToken: unknown): void {
  const { sub, iss, aud, azp } = decodeJwt(idToken)?.claims ?? {};
  const differs = (stated: unknown, known: unknown) =>
    typeof stated === "string" && known !== undefined && stated !== known;
  const end = (reason: LoginRequiredReason, whose: string) => {
    const message = `The refresh brought tokens of another ${whose}, which are not taken. Sign in again.`;
    throw new LoginRequiredError(reason, message, { sessionKept: false });
  };
  if (differs(sub, first.sub) || differs(iss, first.iss)) end("user_changed", "person");
  const audiences = stringsOf(aud);
  if ((audiences.length > 0 && !audiences.includes(clientId)) || differs(azp, clientId))
    end("refresh_rejected", "client");
}

/**
 * Without the option audiences an access token is opaque to the client (RFC 9068 §6): what can be read is passed on, and
 * nothing in it is a reason to refuse it. With it the token is validated.
 */
export async function readAccessToken(
  server: AuthorizationServer,
  token: string,
): Promise<{ readonly audiences: readonly string[]; readonly expiresAt: number | undefined }> {
  if (server.config.audiences.length > 0) await validateAccessToken(server, token);
  const { aud, exp } = decodeJwt(token)?.claims ?? {};
  return { audiences: stringsOf(aud), expiresAt: typeof exp === "number" ? exp * 1000 : undefined };
}

async function validateAccessToken(server: AuthorizationServer, token: string): Promise<void> {
  const jwt = decodeJwt(token) ?? refuse("access token", "aud", "it is opaque, so that its audience cannot be checked");
  const { iss, aud } = jwt.claims;
  const metadata = await server.metadata();
  const audiences = audiencesOf(aud);
  const wrong =
    wrongOf({ crit: jwt.header.crit === undefined }) ??
    (await wrongSignature(jwt, server)) ??
    wrongOf({
      iss: iss !== undefined && (iss === issuerOf(metadata, jwt.claims) || iss === metadata.access_token_issuer),
      ...timesOf(server, jwt.claims),
      aud: audiences.length === stringsOf(aud).length,
    });
  const issuer = issuerOf(metadata, jwt.claims) ?? metadata.issuer;
  if (wrong !== undefined)
    refuse("access token", wrong, wrong === "iss" ? differs(wrong, iss, quoted(issuer)) : undefined);
  const missing = server.config.audiences.find((audience) => !audiences.includes(audience));
  const found = `its "aud" is ${quoted(aud)}`;
  if (missing !== undefined)
    refuse("access token", "aud", `${found}, not "${missing}" (option audiences); check the scopes asked for`);
}
