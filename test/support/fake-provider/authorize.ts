/** The authorization endpoint and pushed authorization requests. Its person says yes at once. */
import { randomBytes } from "node:crypto";
import { authenticateClient } from "./client-authentication.js";
import {
  errorAnswer,
  jsonAnswer,
  nowSeconds,
  type ProviderContext,
  pageAnswer,
  redirectAnswer,
  repeatedParameter,
  words,
} from "./context.js";
import { newSession } from "./tokens.js";
import type { Answer, RecordedRequest } from "./types.js";

const CODE_LIFETIME_SECONDS = 60;
const PAR_LIFETIME_SECONDS = 90;
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(?=\/|\?|$)/;

// RFC 8252 §7.3: the port of a loopback redirect URI is free.
const withoutLoopbackPort = (uri: string): string => uri.replace(LOOPBACK, "http://$1");

function mayRedirectTo(uri: string, context: ProviderContext): boolean {
  const { redirectUris } = context.settings;
  if (redirectUris !== undefined)
    return redirectUris.some((one) => withoutLoopbackPort(one) === withoutLoopbackPort(uri));
  return URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol) && !uri.includes("#");
}

/** What is wrong with the request, as an `error` for the redirect. */
function faultOf(parameters: URLSearchParams, context: ProviderContext): string | undefined {
  if (parameters.get("response_type") !== "code") return "unsupported_response_type";
  if ((parameters.get("response_mode") ?? "query") !== "query") return "invalid_request";
  if (parameters.get("code_challenge_method") !== "S256") return "invalid_request";
  if (!/^[\w-]{43}$/.test(parameters.get("code_challenge") ?? "")) return "invalid_request";
  const prompt = words(parameters.get("prompt"));
  if (prompt.includes("none") && prompt.length > 1) return "invalid_request";
  if (prompt.includes("none") && !context.settings.signedIn) return "login_required";
  return undefined;
}

/** The callback with `iss` (RFC 9207) and whatever `state` came. The redirect URI's own query stays. */
function callback(redirectUri: string, state: string | null, result: object, context: ProviderContext): Answer {
  const response = new URLSearchParams({ ...result, ...(state === null ? {} : { state }), iss: context.issuer() });
  return redirectAnswer(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${response}`);
}

function issueCode(parameters: URLSearchParams, redirectUri: string, context: ProviderContext): string {
  const clientId = parameters.get("client_id") ?? "";
  const resources = parameters.getAll("resource");
  const login = newSession(context, { clientId, scope: words(parameters.get("scope")), resources });
  login.alive = false;
  const code = context.vault.mint("code");
  context.state.codes.set(code, {
    clientId,
    redirectUri,
    challenge: parameters.get("code_challenge") ?? "",
    nonce: parameters.get("nonce") ?? undefined,
    expiresAt: nowSeconds(context) + CODE_LIFETIME_SECONDS,
    login,
    used: false,
  });
  return code;
}

/** The parameters, from the query or from a pushed request (RFC 9126 §4), which serves once. */
function parametersOf(request: RecordedRequest, context: ProviderContext): URLSearchParams | Answer {
  const sent = request.method === "POST" ? request.form : request.query;
  const uri = sent.get("request_uri");
  if (uri === null) {
    if (!context.settings.requirePushedAuthorizationRequests) return sent;
    return pageAnswer(400, "<p>invalid_request: a pushed authorization request is required</p>");
  }
  const pushed = context.state.pushed.get(uri);
  context.state.pushed.delete(uri);
  if (pushed === undefined || pushed.get("client_id") !== sent.get("client_id")) {
    return pageAnswer(400, "<p>invalid_request_uri</p>");
  }
  return pushed;
}

/** Answers an authorization request with 302 to its redirect URI; with a page where that cannot be trusted. */
export function authorizeEndpoint(request: RecordedRequest, context: ProviderContext): Answer {
  const parameters = parametersOf(request, context);
  if (!(parameters instanceof URLSearchParams)) return parameters;
  if (repeatedParameter(parameters) !== undefined) return pageAnswer(400, "<p>invalid_request: repeated parameter</p>");
  const redirectUri = parameters.get("redirect_uri") ?? "";
  if (!parameters.get("client_id")) return pageAnswer(400, "<p>invalid_request: no client_id</p>");
  if (!mayRedirectTo(redirectUri, context)) return pageAnswer(400, "<p>invalid_request: redirect_uri</p>");
  const state = parameters.get("state");
  const error = faultOf(parameters, context);
  if (error !== undefined) return callback(redirectUri, state, { error }, context);
  context.settings.signedIn = true;
  return callback(redirectUri, state, { code: issueCode(parameters, redirectUri, context) }, context);
}

/** RFC 9126 §2. */
export function parEndpoint(request: RecordedRequest, context: ProviderContext): Answer {
  if (request.method !== "POST") return errorAnswer("invalid_request", "POST only", 405);
  const client = authenticateClient(request, context);
  if ("refusal" in client) return client.refusal;
  const { form } = request;
  if (form.has("request_uri") || repeatedParameter(form) !== undefined) return errorAnswer("invalid_request");
  if (!mayRedirectTo(form.get("redirect_uri") ?? "", context)) return errorAnswer("invalid_request", "redirect_uri");
  const parameters = new URLSearchParams(form);
  parameters.delete("client_secret");
  parameters.set("client_id", client.clientId);
  const requestUri = `urn:ietf:params:oauth:request_uri:${randomBytes(16).toString("base64url")}`;
  context.state.pushed.set(requestUri, parameters);
  return jsonAnswer(201, { request_uri: requestUri, expires_in: PAR_LIFETIME_SECONDS });
}
