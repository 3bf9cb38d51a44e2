/** The token endpoint: one request function, one reader of its answer (RFC 6749 §5.1), and the grants of a person's session. */
import { isKeystoneAuthError, type KeystoneAuthError, ResponseError } from "../errors.js";
import { accessTokenOf, type SessionRecord, type TokenResponse } from "../token-set.js";
import { codeOfResponse, type Transaction } from "./authorization.js";
import type { AuthorizationServer, RequestOptions } from "./authorization-server.js";
import { decodeJwt, type Members } from "./jws.js";
import { issuerOf } from "./metadata.js";
import { type ExpectedIdToken, readAccessToken, refuseAnother, validateIdToken } from "./token-validation.js";

/** Where neither `expires_in` nor a JWT's `exp` tells, a token is believed for five minutes. */
const UNKNOWN_LIFETIME_MS = 300_000;
/** Beyond this a lifetime is junk, and no longer a date that JSON can hold. */
const LONGEST_LIFETIME_MS = 10 * 365 * 86_400_000;

/** RFC 6749 Appendix A.12; a blank would end it in an Authorization header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** RFC 8628 §3.4. */
export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Sends one token request, with the resource indicators of the options (RFC 8707 §2.2). */
export async function requestTokens(
  server: AuthorizationServer,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
  options: RequestOptions = {},
): Promise<TokenAnswer> {
  const form = new URLSearchParams({ ...parameters, grant_type: grantType });
  const { resources, authorizationParams } = server.config;
  for (const resource of resources) form.append("resource", resource);
  // Auth0 and others choose the API by it. With a code it is chosen already.
  if (authorizationParams.audience !== undefined && grantType !== "authorization_code" && grantType !== DEVICE_GRANT)
    form.append("audience", authorizationParams.audience);
  const sentAt = server.clock.monotonic();
  const members = await server.request("token_endpoint", form, options);
  return { members, ageMs: server.clock.monotonic() - sentAt };
}

/** The members of an answer, and how long ago it was asked for: a program may have been stopped meanwhile. */
export interface TokenAnswer {
  readonly members: Members;
  readonly ageMs: number;
}

/** What the answer is compared with. */
export interface ExpectedTokens extends ExpectedIdToken {
  /** The scopes asked for: granted as asked where the answer does not say (RFC 6749 §5.1). */
  readonly scopes: readonly string[];
  /** A login must bring an ID Token. */
  readonly idToken: "required" | "optional" | "none";
  /** Called where the ID Token was looked at and refused, or could not be validated. */
  readonly onIdTokenFailed?: () => void;
}

const unusable = (problem: string, retryable = true) =>
  new ResponseError(`The token endpoint's answer cannot be used: ${problem}.${retryable ? " Try again." : ""}`, {
    retryable,
  });

function fail(name: string): never {
  throw unusable(`its "${name}" is missing or unusable`);
}

/** A text member; `undefined` where it is missing or empty. */
function textOf(answer: Members, name: string): string | undefined {
  const value = answer[name] === "" ? undefined : answer[name];
  return value === undefined || typeof value === "string" ? value : fail(name);
}

/** Validates everything before anything of the answer is believed. Throws TokenValidationError and ResponseError. */
export async function readTokens(
  server: AuthorizationServer,
  { members: answer, ageMs }: TokenAnswer,
  expected: ExpectedTokens,
): Promise<TokenResponse> {
  const obtainedAt = Math.round(server.clock.now() - ageMs);
  const token = textOf(answer, "access_token") ?? "";
  if (!TOKEN.test(token)) fail("access_token");
  const stated = textOf(answer, "token_type")?.toLowerCase();
  const tokenType = ["Bearer", "DPoP"].find((type) => type.toLowerCase() === stated) ?? fail("token_type");
  const [statedMs, scopes] = [lifetimeMsOf(answer), scopesOf(answer) ?? [...expected.scopes]];
  const refreshToken = textOf(answer, "refresh_token");
  const idToken = expected.idToken === "none" ? undefined : textOf(answer, "id_token");
  if (idToken === undefined && expected.idToken === "required")
    throw unusable('it has no "id_token" although "openid" was asked for; tell the provider\'s operator', false);
  const failed = (error: unknown) => {
    expected.onIdTokenFailed?.();
    throw error;
  };
  const idTokenClaims =
    idToken === undefined ? undefined : await validateIdToken(server, idToken, token, expected).catch(failed);
  const { audiences, expiresAt: ownEnd = 0 } = await readAccessToken(server, token);
  // An `exp` in the past is that of another clock: the token was made just now.
  const ownMs = ownEnd > obtainedAt ? ownEnd - obtainedAt : undefined;
  // The earlier end counts.
  const lifetimeMs = Math.min(
    statedMs ?? ownMs ?? UNKNOWN_LIFETIME_MS,
    ownMs ?? LONGEST_LIFETIME_MS,
    LONGEST_LIFETIME_MS,
  );
  return {
    accessToken: { token, tokenType, obtainedAt, expiresAt: obtainedAt + lifetimeMs, scopes, audiences },
    ...(refreshToken !== undefined && { refreshToken, ...endOf(answer, obtainedAt) }),
    ...(idToken !== undefined && idTokenClaims && { idToken, idTokenClaims }),
  };
}

/** A number, or a text that is one, as several providers send it; `undefined` for anything else. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds : undefined;
}

function lifetimeMsOf({ expires_in: value }: Members): number | undefined {
  if (value === undefined || value === "") return undefined;
  const seconds = secondsOf(value) ?? -1;
  return seconds >= 0 ? seconds * 1000 : fail("expires_in");
}

/** When the refresh token ends, by the names that providers use. 0 says that it does not end (Keycloak's offline tokens). */
function endOf(answer: Members, obtainedAt: number): Pick<TokenResponse, "endsAt"> {
  const lifetimeMs = (secondsOf(answer.refresh_token_expires_in ?? answer.refresh_expires_in) ?? 0) * 1000;
  return lifetimeMs > 0 && lifetimeMs <= LONGEST_LIFETIME_MS ? { endsAt: obtainedAt + lifetimeMs } : {};
}

/** A text, or a list as several providers send it. An empty one says that nothing was granted. */
function scopesOf({ scope }: Members): string[] | undefined {
  if (scope === undefined) return undefined;
  const list: unknown = typeof scope === "string" ? scope.split(" ") : scope;
  if (!Array.isArray(list)) fail("scope");
  return list.filter((item): item is string => typeof item === "string" && item !== "");
}

/** Exchanges the code of a response, after checking the response (RFC 6749 §4.1.3). The code is sent once. */
export async function exchangeCode(
  server: AuthorizationServer,
  response: URLSearchParams,
  transaction: Transaction,
  signal?: AbortSignal,
): Promise<TokenResponse> {
  const code = await codeOfResponse(server, response, transaction);
  // Keys first: once the code has been spent, nothing else may stand between the answer and the store.
  await server.prepare();
  // From here on the exchange goes to its end, also when nobody waits any more.
  signal?.throwIfAborted();
  const { redirectUri, codeVerifier, nonce, maxAgeSeconds } = transaction;
  const parameters = { code, redirect_uri: redirectUri, code_verifier: codeVerifier };
  const answer = await requestTokens(server, "authorization_code", parameters);
  const { scopes } = server.config;
  return await readTokens(server, answer, { scopes, idToken: "required", nonce, maxAgeSeconds });
}

/** What a refresh brings. A new refresh token is never thrown away: it comes also where the rest of the answer failed. */
export type Refreshed =
  | { readonly tokens: TokenResponse }
  | {
      readonly refreshToken: string;
      /** Whether an ID Token came that has not validated. */
      readonly idTokenFailed: boolean;
      readonly failure: KeystoneAuthError;
    };

/** Refreshes a session (RFC 6749 §6). `mustSend` throws where it must not be sent any more. Throws where the answer brought no new refresh token, or speaks of another. */
export async function refreshTokens(
  server: AuthorizationServer,
  record: SessionRecord,
  refreshToken: string,
  mustSend: () => void,
): Promise<Refreshed> {
  const { clientId, scopes } = server.config;
  const metadata = await server.prepare();
  const answer = await requestTokens(server, "refresh_token", { refresh_token: refreshToken }, { mustSend });
  const { id_token: idToken, refresh_token: next } = answer.members;
  const first: Members = {
    sub: record.subject,
    iss: issuerOf(metadata, {}),
    ...decodeJwt(record.idToken)?.claims,
  };
  refuseAnother(clientId, first, idToken);
  let idTokenFailed = false;
  const onIdTokenFailed = () => {
    idTokenFailed = true;
  };
  try {
    if (record.idTokenOwed && idToken === undefined)
      throw unusable('it has no "id_token", although that of the last refresh could not be validated');
    const granted = accessTokenOf(record)?.scopes ?? scopes;
    const expected = { scopes: granted, idToken: "optional", first, onIdTokenFailed } as const;
    return { tokens: await readTokens(server, answer, expected) };
  } catch (error) {
    const failure = isKeystoneAuthError(error) ? error : unusable("it could not be read");
    if (typeof next !== "string" || next === "") throw failure;
    return { refreshToken: next, idTokenFailed, failure };
  }
}
