/** The UserInfo endpoint (OpenID Connect Core 1.0 §5.3). */
import { type ProviderError, TokenValidationError } from "../errors.js";
import type { StandardClaims, StoredAccessToken } from "../token-set.js";
import type { AuthorizationServer } from "./authorization-server.js";
import { decodeJwt, type Members, membersOf, wrongSignature } from "./jws.js";
import { issuerOf, requireEndpoint } from "./metadata.js";
import { providerError, readAnswer } from "./protocol-errors.js";
import type { Answer } from "./fetch.js";

/** What the provider says of the person. Of the same `sub` as the ID Token. */
export interface UserInfo extends StandardClaims {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

const WHERE = "The UserInfo endpoint";
const JWT_TYPE = /^application\/jwt\s*(;|$)/i;

/**
 * Asks for the claims of `subject`, with the access token in the Authorization header alone (RFC 6750 §2.1). Gives the error
 * where the token is refused (401), so that a newer one may help.
 * @internal
 */
export async function requestUserInfo(
  server: AuthorizationServer,
  { token, tokenType }: StoredAccessToken,
  subject: string | undefined,
  signal?: AbortSignal,
): Promise<UserInfo | ProviderError> {
  const { config } = server;
  const url = requireEndpoint(await server.metadata(), "userinfo_endpoint", config);
  const headers = { accept: "application/json, application/jwt", authorization: `${tokenType} ${token}` };
  const answer = await server.fetch(WHERE, signal)(url, { headers });
  if (answer.status === 401) return readRefusal(server, answer, token);
  const claims = await readClaims(server, answer, token);
  // Without this comparison another person's claims could be taken for this one's.
  if (typeof claims.sub !== "string" || claims.sub === "" || (subject !== undefined && claims.sub !== subject))
    refuse("sub", 'its "sub" is missing or that of another person');
  return claims as unknown as UserInfo;
}

/** Also without a word a 401 is the provider's: a page that says no more is as good as none. */
function readRefusal({ config }: AuthorizationServer, answer: Answer, token: string): ProviderError {
  const { status, text } = withHeaderError(answer);
  return providerError(WHERE, membersOf(safeParse(text)) ?? {}, { config, secrets: [token] }, status);
}

async function readClaims(server: AuthorizationServer, answer: Answer, token: string): Promise<Members> {
  const type = answer.headers.get("content-type") ?? "";
  if (answer.ok && JWT_TYPE.test(type)) return await readSigned(server, answer.text.trim());
  const members = readAnswer(WHERE, withHeaderError(answer), { config: server.config, secrets: [token] });
  // RFC 6749 lets members be left out; an empty object says nothing of anybody.
  return members;
}

/** RFC 6750 §3: the error of a refused token stands in a header, and the body may be empty. */
function withHeaderError(answer: Answer): Answer {
  const challenge = answer.headers.get("www-authenticate") ?? "";
  if (answer.ok || !/^\s*(bearer|dpop)\s/i.test(challenge) || membersOf(safeParse(answer.text))?.error !== undefined)
    return answer;
  const member = (name: string) => new RegExp(`[\\s,]${name}="([^"\\\\]*)"`, "i").exec(challenge)?.[1];
  const [error, error_description] = [member("error"), member("error_description")];
  return error === undefined ? answer : { ...answer, text: JSON.stringify({ error, error_description }) };
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A signed answer is believed for its signature, and `iss` and `aud` must be ours (§5.3.2). An encrypted one cannot be read. */
async function readSigned(server: AuthorizationServer, text: string): Promise<Members> {
  const jwt = decodeJwt(text) ?? refuse("format", "it is no signed JWT that can be read");
  const metadata = await server.metadata();
  const { iss, aud, exp } = jwt.claims;
  if (jwt.header.crit !== undefined) refuse("crit");
  const wrong = await wrongSignature(jwt, server);
  if (wrong !== undefined)
    refuse(wrong, wrong === "signature" ? "no key of the provider verifies its signature" : undefined);
  if (iss !== undefined && iss !== issuerOf(metadata, jwt.claims)) refuse("iss");
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (aud !== undefined && !audiences.includes(server.config.clientId)) refuse("aud");
  const oldest = (server.clock.now() - server.config.clockToleranceMs) / 1000;
  if (exp !== undefined && !(typeof exp === "number" && exp > oldest)) refuse("exp");
  return jwt.claims;
}

function refuse(claim: string, problem = `its "${claim}" is missing or wrong`): never {
  throw new TokenValidationError(claim, `${WHERE}'s answer is not valid: ${problem}. Nothing of it was used.`);
}
