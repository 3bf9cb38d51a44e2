/** All endpoints but authorize, PAR and token. */
import { randomBytes } from "node:crypto";
import { authorizeEndpoint, parEndpoint } from "./authorize.js";
import { authenticateClient } from "./client-authentication.js";
import {
  type EndpointHandler,
  errorAnswer,
  jsonAnswer,
  nowSeconds,
  type ProviderContext,
  pageAnswer,
  redirectAnswer,
  words,
} from "./context.js";
import { tokenEndpoint } from "./grants.js";
import { decodeJwt } from "./keys.js";
import type { Claims, EndpointName } from "./types.js";

/** The metadata (OpenID Connect Discovery 1.0 §3) with the test's own values over it. */
export function metadataOf(context: ProviderContext): Claims {
  const { settings } = context;
  return {
    issuer: context.issuer(),
    authorization_endpoint: context.url("authorize"),
    token_endpoint: context.url("token"),
    jwks_uri: context.url("jwks"),
    userinfo_endpoint: context.url("userinfo"),
    revocation_endpoint: context.url("revocation"),
    end_session_endpoint: context.url("end_session"),
    device_authorization_endpoint: context.url("device_authorization"),
    pushed_authorization_request_endpoint: context.url("par"),
    ...(settings.requirePushedAuthorizationRequests ? { require_pushed_authorization_requests: true } : {}),
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: [
      "authorization_code",
      "refresh_token",
      "client_credentials",
      "urn:ietf:params:oauth:grant-type:device_code",
    ],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [settings.alg],
    token_endpoint_auth_methods_supported: settings.clientAuthMethods,
    code_challenge_methods_supported: ["S256"],
    scopes_supported: ["openid", "profile", "offline_access", "hub_connector_api"],
    authorization_response_iss_parameter_supported: true,
    ...context.metadata,
  };
}

/** RFC 8628 §3.1 and §3.2. */
const deviceAuthorization: EndpointHandler = (request, context) => {
  const client = authenticateClient(request, context);
  if ("refusal" in client) return client.refusal;
  const { settings } = context;
  const letters = randomBytes(8).map((byte) => "BCDFGHJKLMNPQRSTVWXZ".charCodeAt(byte % 20));
  const userCode = Buffer.from(letters).toString("latin1").replace(/^.{4}/, "$&-");
  const deviceCode = context.vault.mint("device-code");
  context.state.devices.push({
    deviceCode,
    userCode,
    clientId: client.clientId,
    scope: words(request.form.get("scope")),
    resources: request.form.getAll("resource"),
    expiresAt: nowSeconds(context) + settings.deviceExpiresInSeconds,
    status: "pending",
    lastPollAt: undefined,
  });
  const { deviceIntervalSeconds: interval } = settings;
  return jsonAnswer(200, {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: context.url("verification"),
    verification_uri_complete: `${context.url("verification")}?user_code=${userCode}`,
    expires_in: settings.deviceExpiresInSeconds,
    ...(interval === undefined ? {} : { interval }),
  });
};

/** The page where a person types the user code: a form with `user_code` and `action` = approve or deny. */
const verification: EndpointHandler = (request, context) => {
  const code = (request.form.get("user_code") ?? request.query.get("user_code") ?? "").toUpperCase();
  const shown = /^[A-Z-]*$/.test(code) ? code : "";
  const device = context.state.devices.find((each) => each.userCode === code && each.status === "pending");
  if (request.method !== "POST") {
    const input = `<input name="user_code" value="${shown}">`;
    const buttons = '<button name="action" value="approve">Yes</button><button name="action" value="deny">No</button>';
    return pageAnswer(200, `<form method="post">${input}${buttons}</form>`);
  }
  if (device === undefined) return pageAnswer(400, "<p>No such code.</p>");
  device.status = request.form.get("action") === "deny" ? "denied" : "approved";
  return pageAnswer(200, `<p>${device.status}</p>`);
};

/** OpenID Connect Core 1.0 §5.3. */
const userinfo: EndpointHandler = (request, context) => {
  const [scheme, token = ""] = (request.headers.authorization ?? "").split(" ");
  const issued = scheme?.toLowerCase() === "bearer" ? context.state.accessTokens.get(token) : undefined;
  const session = issued?.session;
  const live = issued !== undefined && !issued.revoked && nowSeconds(context) < issued.expiresAt;
  if (!live || session === undefined || !session.alive) {
    return { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' }, body: "" };
  }
  return jsonAnswer(200, { sub: session.subject, name: session.subject });
};

/** RFC 7009: an unknown token is a success too. */
const revocation: EndpointHandler = (request, context) => {
  if (request.method !== "POST") return errorAnswer("invalid_request", "POST only", 405);
  const client = authenticateClient(request, context);
  if ("refusal" in client) return client.refusal;
  const token = request.form.get("token");
  if (token === null) return errorAnswer("invalid_request");
  const refresh = context.state.refreshTokens.get(token);
  if (refresh !== undefined && refresh.session.clientId === client.clientId) context.state.kill(refresh.session);
  const access = context.state.accessTokens.get(token);
  if (access !== undefined) access.revoked = true;
  return { status: 200, body: "" };
};

function sessionIdOf(hint: string | null): unknown {
  try {
    return hint === null ? undefined : decodeJwt(hint).sid;
  } catch {
    return undefined;
  }
}

/** OpenID Connect RP-Initiated Logout 1.0 §2. */
const endSession: EndpointHandler = (request, context) => {
  const parameters = request.method === "POST" ? request.form : request.query;
  const sid = sessionIdOf(parameters.get("id_token_hint"));
  for (const session of context.state.sessions) if (session.sid === sid) context.state.kill(session);
  context.settings.signedIn = false;
  const target = parameters.get("post_logout_redirect_uri");
  if (target === null || !URL.canParse(target)) return pageAnswer(200, "<p>Signed out.</p>");
  const state = parameters.get("state");
  if (state === null) return redirectAnswer(target);
  return redirectAnswer(`${target}${target.includes("?") ? "&" : "?"}${new URLSearchParams({ state })}`);
};

/** What answers at each endpoint when no hook does. */
export const ENDPOINTS: Readonly<Record<EndpointName, EndpointHandler>> = {
  discovery: (_request, context) => jsonAnswer(200, metadataOf(context)),
  jwks: (_request, context) => jsonAnswer(200, structuredClone(context.keys.jwks)),
  authorize: authorizeEndpoint,
  token: tokenEndpoint,
  device_authorization: deviceAuthorization,
  verification,
  userinfo,
  revocation,
  end_session: endSession,
  par: parEndpoint,
  unknown: () => pageAnswer(404, "<p>Not found.</p>"),
};
