/**
 * What the provider says to an authorization request without a login: one request with `prompt=none` (OpenID Connect Core 1.0
 * §3.1.2.1), without cookies, whose redirect is read and not followed. An unknown client or a redirect URI that is not registered
 * must not be answered by a redirect to it (RFC 6749 §4.1.2.1): that is how they show themselves.
 */
import type { NodeConfig } from "../../options/config.js";
import type { ProviderError } from "../../errors.js";
import { isKeystoneAuthError } from "../../errors.js";
import { createAuthorizationRequest, type Transaction } from "../../protocol/authorization.js";
import type { AuthorizationServer } from "../../protocol/authorization-server.js";
import { type Answer, createBoundedFetch } from "../../protocol/fetch.js";
import { certificateHint } from "../network-hint.js";
import { providerError } from "../../protocol/protocol-errors.js";

/** What is at fault, as far as the answer tells. */
export type Culprit = "client" | "redirect_uri" | "either";

export type ProbeResult =
  | { readonly kind: "accepted" }
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
  const send = createBoundedFetch(revealing, server.clock, certificateHint);
  const what = "The authorization endpoint";
  const answer = await send(what, signal)(made.url, { headers: { accept: "text/html, application/json" } });
  const location = answer.headers.get("location");
  if (location === null) return readPage(answer);
  const target = URL.canParse(location, made.url) ? new URL(location, made.url) : undefined;
  if (target === undefined) return { kind: "unknown", why: "it answered with a redirect to nowhere" };
  return isAt(target, redirectUri) ? readResponse(target, made.transaction, config) : readRedirect(target);
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

/** Of a code nothing is used: it expires by itself. */
function readResponse(target: URL, transaction: Transaction, config: NodeConfig): ProbeResult {
  const { searchParams } = target;
  const error = searchParams.get("error");
  if (error === null || PERSON_NEEDED.includes(error)) return { kind: "accepted" };
  const { state, nonce, codeVerifier, redirectUri } = transaction;
  const answer = { error, error_description: searchParams.get("error_description") };
  const exchange = { config, secrets: [state, nonce, codeVerifier], redirectUri };
  return { kind: "error", error: providerError("The provider", answer, exchange), isPushed: false };
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

function readPage({ ok: isOk, status, text }: Answer): ProbeResult {
  const { culprit, quoted } = sayingOf(text);
  // A page that answers 200 is most likely one to sign in at, which may hold any word.
  if (isOk && quoted === "") return { kind: "unknown", why: "it answered with a page, likely its sign-in page" };
  return { kind: "refused", culprit, how: `status ${status}${quoted}` };
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

/** What a refusal speaks of. */
export function saysOf(text: string): Culprit {
  if (OF_REDIRECT_URI.test(text)) return "redirect_uri";
  return OF_CLIENT.test(text) ? "client" : "either";
}
