/**
 * What the provider says to an authorization request without a login: one request with `prompt=none` (OpenID Connect Core 1.0
 * §3.1.2.1), without cookies, whose redirect is read and not followed. An unknown client or a redirect URI that is not registered
 * must not be answered by a redirect to it (RFC 6749 §4.1.2.1): that is how they show themselves.
 */
import type { NodeConfig } from "../../options/config.js";
import {
  AuthorizationResponseError,
  isKeystoneAuthError,
  type KeystoneAuthError,
  ProviderError,
} from "../../errors.js";
import { codeOfResponse, createAuthorizationRequest, type Transaction } from "../../protocol/authorization.js";
import type { AuthorizationServer } from "../../protocol/authorization-server.js";
import { type Answer, createBoundedFetch } from "../../protocol/fetch.js";
import { certificateHint } from "../network/hint.js";
import { type Members, membersOf } from "../../protocol/jws.js";
import { TENANT } from "../../protocol/metadata.js";
import { type Exchange, providerError } from "../../protocol/protocol-errors.js";

/** What is at fault, as far as the answer tells. */
export type Culprit = "client" | "redirect_uri" | "either";

export type ProbeResult =
  | { readonly kind: "accepted" }
  /** What came back by way of the redirect URI, and what each login would refuse; where it `mayBeOne`, this one alone. */
  | { readonly kind: "unusable"; readonly error: KeystoneAuthError; readonly mayBeOne: boolean }
  /** An OAuth error that came back by way of the redirect URI, or from the endpoint of pushed requests. */
  | { readonly kind: "error"; readonly error: ProviderError; readonly isPushed: boolean }
  /** A page, or a redirect to one, of the provider's own. */
  | { readonly kind: "refused"; readonly culprit: Culprit; readonly how: string }
  | { readonly kind: "unknown"; readonly why: string };

/** They say that the request was understood, and that a person is needed. */
const PERSON_NEEDED = [
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
  "access_denied",
];

/** Asks once. Rejects as any request does. */
export async function probeAuthorization(
  server: AuthorizationServer,
  redirectUri: string,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const config = server.config as NodeConfig;
  const made = await createAuthorizationRequest(server, { redirectUri, silent: true, signal }).catch(
    (error: unknown) => {
      if (isKeystoneAuthError(error) && error.code === "provider") return error as ProviderError;
      throw error;
    },
  );
  if (made instanceof Error) return { kind: "error", error: made, isPushed: true };
  const revealing = { ...config, fetch: revealingRedirects(config.fetch ?? fetch) };
  const send = createBoundedFetch(revealing, server.clock, ({ causeCode }) => certificateHint(causeCode));
  const what = "The authorization endpoint";
  const answer = await send(what, signal)(made.url, { headers: { accept: "text/html, application/json" } });
  const location = answer.headers.get("location");
  const exchange = { config, secrets: secretsOf(made.transaction), redirectUri };
  if (location === null) return readPage(answer, exchange);
  const target = URL.canParse(location, made.url) ? new URL(location, made.url) : undefined;
  if (target === undefined) return { kind: "unknown", why: "it answered with a redirect to nowhere" };
  return isAt(target, redirectUri) ? await readResponse(server, target, made.transaction) : readRedirect(target);
}

/** A redirect as an answer with nothing but its target: the bounded fetch refuses one as it is. */
function revealingRedirects(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    return new Response(null, { headers: { location } });
  };
}

function isAt(target: URL, redirectUri: string): boolean {
  const { origin, pathname } = new URL(redirectUri);
  return target.origin === origin && target.pathname === pathname;
}

const secretsOf = ({ state, nonce, codeVerifier }: Transaction) => [state, nonce, codeVerifier];

/** As a login reads it. Of a code nothing is used: it expires by itself. */
async function readResponse(
  server: AuthorizationServer,
  { searchParams }: URL,
  transaction: Transaction,
): Promise<ProbeResult> {
  const { issuer } = await server.metadata();
  const withIss = new URLSearchParams(searchParams);
  // Some name themselves in a success alone, whatever they announce: what else the answer says is read all the same.
  if (!searchParams.get("iss") && !issuer.includes(TENANT)) withIss.set("iss", issuer);
  const read = await readParameters(server, withIss, transaction);
  if (read.kind !== "accepted") return read;
  const strict = await readParameters(server, searchParams, transaction);
  return strict.kind === "unusable" ? { ...strict, mayBeOne: true } : strict;
}

async function readParameters(
  server: AuthorizationServer,
  parameters: URLSearchParams,
  transaction: Transaction,
): Promise<ProbeResult> {
  try {
    await codeOfResponse(server, parameters, transaction);
    return { kind: "accepted" };
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return { kind: "unusable", error, mayBeOne: false };
    if (!(error instanceof ProviderError)) throw error;
    return PERSON_NEEDED.includes(error.error) ? { kind: "accepted" } : { kind: "error", error, isPushed: false };
  }
}

/** Of another page of the provider's: its sign-in page, or one that says what is wrong. */
function readRedirect(target: URL): ProbeResult {
  const { origin, pathname, searchParams } = target;
  const place = `${origin}${pathname}`;
  const code = searchParams.get("error") ?? "";
  if (code === "" && !/error/i.test(pathname))
    return { kind: "unknown", why: `it sent the request on to ${place}, likely its sign-in page` };
  const said = sayingOf(`${code} ${searchParams.get("error_description") ?? ""}`);
  return { kind: "refused", culprit: said.culprit, how: `a redirect to its page ${place}${said.quoted}` };
}

function readPage({ ok: isOk, status, text }: Answer, exchange: Exchange): ProbeResult {
  const members = parse(text);
  if (!isOk && typeof members?.error === "string") {
    const { error, errorDescription = "" } = providerError("The provider", members, exchange);
    const how = `status ${status}, "${error}"${errorDescription && `: ${errorDescription}`}`;
    return { kind: "refused", culprit: saysOf(`${error} ${errorDescription}`, true), how };
  }
  const { culprit, quoted } = sayingOf(text);
  // A page that answers 200 is most likely one to sign in at, which may hold any word.
  if (isOk && quoted === "") return { kind: "unknown", why: "it answered with a page, likely its sign-in page" };
  return { kind: "refused", culprit, how: `status ${status}${quoted}` };
}

function parse(text: string): Members | undefined {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Codes of OAuth and of well-known providers. Nothing else of a page is repeated: it may hold the request. */
const CODES =
  /\b(invalid_redirect_uri|redirect_uri_mismatch|invalid_client|unauthorized_client|invalid_request|invalid_scope|access_denied|AADSTS\d{5,7})\b/;
const OF_REDIRECT_URI =
  /invalid_redirect_uri|redirect_uri_mismatch|AADSTS50011\b|redirect[_ ]?ur[il] (did not|does not|is not|mismatch|must)|(invalid|wrong|unregistered)\b[\w :]*redirect[_ ]?ur[il]|invalid_request: redirect_uri|callback url mismatch/i;
const OF_CLIENT =
  /invalid_client|unauthorized_client|AADSTS700016\b|unknown (client|application)|(client|application)[\w ]{0,30}(not found|unknown|is invalid)/i;

function sayingOf(text: string): { readonly culprit: Culprit; readonly quoted: string } {
  const code = CODES.exec(text)?.[1];
  return { culprit: saysOf(text), quoted: code === undefined ? "" : `, "${code}"` };
}

/** What a sentence of an OAuth error names, in whatever words. A page may name it for other reasons. */
const NAMED_URI = /redirect[_ ]?ur[il]/i;

/** What a refusal speaks of. `isSentence`: it is the description of an OAuth error, and no page. */
export function saysOf(text: string, isSentence = false): Culprit {
  if (OF_REDIRECT_URI.test(text)) return "redirect_uri";
  if (OF_CLIENT.test(text)) return "client";
  return isSentence && NAMED_URI.test(text) ? "redirect_uri" : "either";
}
