/** A token endpoint's answer -> a validated TokenResponse (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3). */
import type { Client, TokenEndpointResponse } from "oauth4webapi";
import { clockSkew, clockTolerance, getValidatedIdTokenClaims } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { ResponseError } from "../errors.js";
import type { Clock } from "../ports.js";
import type { TokenResponse, IdTokenClaims } from "../token-set.js";
import type { ServerMetadata } from "./metadata.js";
import { ForeignAnswerError } from "./protocol-errors.js";
import { checkAccessToken, checkContinuity, type TokenChecks, verifyIdToken } from "./token-validation.js";
import { translateTokenError } from "./translate-error.js";

/** Where neither `expires_in` nor a JWT's `exp` tells, a token is believed for five minutes. */
const UNKNOWN_LIFETIME_MS = 300_000;
/** Beyond this a lifetime is junk, and no longer a date that JSON can hold. */
const LONGEST_LIFETIME_MS = 10 * 365 * 86_400_000;

/** RFC 6749 Appendix A.12; a blank would end it in an Authorization header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** How the engine reads one kind of answer. */
export type Process = (metadata: ServerMetadata, client: Client, response: Response) => Promise<TokenEndpointResponse>;

/** The client as the engine wants it, on our clock. */
export function engineClient(config: ClientConfig, clock: Clock): Client {
  return {
    client_id: config.clientId,
    [clockSkew]: Math.round((clock.now() - Date.now()) / 1000),
    [clockTolerance]: config.clockToleranceMs / 1000,
  };
}

/**
 * Puts right what providers send and the engine refuses: members that are null or empty are absent, a list of scopes is a
 * string.
 * A body that is JSON by luck under another content type is not an answer (RFC 6749 §5.1).
 */
async function normalize(response: Response): Promise<Response> {
  const foreign = new ForeignAnswerError(
    "The token endpoint did not answer with JSON; a captive portal or proxy may stand between. The session is kept; try again.",
    response.status,
  );
  if (!/^application\/json\s*(;|$)/i.test(response.headers.get("content-type") ?? "")) throw foreign;
  let text: string;
  try {
    const body: unknown = JSON.parse(await response.text());
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw foreign;
    // An empty scope says that nothing was granted; anything else that is empty says nothing.
    const members = Object.entries(body).filter(
      ([name, value]) => value !== null && (value !== "" || name === "scope"),
    );
    const answer = Object.fromEntries(members) as Record<string, unknown>;
    if (Array.isArray(answer.scope)) answer.scope = answer.scope.join(" ");
    // Also this can fail: what is nested thousands deep can be parsed, but not written again.
    text = JSON.stringify(answer);
  } catch {
    throw foreign;
  }
  return new Response(text, { status: response.status, headers: { "content-type": "application/json" } });
}

/** What the answer is held against. */
export interface Expected {
  /** The scopes asked for: granted as asked where the answer does not say (RFC 6749 §5.1). */
  readonly scopes: readonly string[];
  /** A login must bring an ID Token. */
  readonly idToken: "required" | "optional" | "none";
  /** The ID Token's claims so far, for a refresh. */
  readonly first?: IdTokenClaims | undefined;
}

/** Validates everything before anything of the answer is believed. Throws TokenValidationError and ResponseError. */
export async function readGrant(
  response: Response,
  process: Process,
  metadata: ServerMetadata,
  expected: Expected,
  checks: TokenChecks,
): Promise<TokenResponse> {
  const { config, clock } = checks;
  const obtainedAt = clock.now();
  const clean = await normalize(response);
  let answer: TokenEndpointResponse;
  try {
    answer = await process(metadata, engineClient(config, clock), clean);
  } catch (error) {
    throw translateTokenError(error);
  }
  if (!TOKEN.test(answer.access_token))
    throw new ResponseError(
      'The token endpoint\'s answer cannot be used: its "access_token" holds what no header can carry. Nothing was stored; the session is as it was.',
    );
  const claims = expected.idToken === "none" ? undefined : await readIdToken(answer, expected, checks);
  const facts = await checkAccessToken(answer.access_token, metadata, checks);
  const told = answer.expires_in === undefined ? facts.expiresAt : obtainedAt + answer.expires_in * 1000;
  return {
    accessToken: {
      token: answer.access_token,
      tokenType: answer.token_type === "dpop" ? "DPoP" : "Bearer",
      obtainedAt,
      expiresAt: Math.min(told ?? obtainedAt + UNKNOWN_LIFETIME_MS, obtainedAt + LONGEST_LIFETIME_MS),
      scopes:
        answer.scope === undefined ? [...expected.scopes] : answer.scope.split(" ").filter((scope) => scope !== ""),
      audiences: facts.audiences,
    },
    ...(answer.refresh_token && { refreshToken: answer.refresh_token }),
    ...(claims && { idToken: answer.id_token as string, idTokenClaims: claims }),
  };
}

async function readIdToken(
  answer: TokenEndpointResponse,
  expected: Expected,
  checks: TokenChecks,
): Promise<IdTokenClaims | undefined> {
  if (answer.id_token === undefined) {
    if (expected.idToken === "optional") return undefined;
    throw new ResponseError(
      'The token endpoint\'s answer cannot be used: it has no "id_token" although "openid" was asked for. Nothing was stored; the session is as it was.',
    );
  }
  await verifyIdToken(answer.id_token, answer.access_token, checks);
  const claims = getValidatedIdTokenClaims(answer) as unknown as IdTokenClaims;
  checkContinuity(claims, expected.first);
  return claims;
}
