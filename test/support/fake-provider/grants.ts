/** The token endpoint. A code and a refresh token are used up before the first await, so that of two requests at once one loses. */
import { createHash } from "node:crypto";
import { authenticateClient } from "./client-authentication.js";
import { errorAnswer, jsonAnswer, nowSeconds, type ProviderContext, repeatedParameter, words } from "./context.js";
import { issueRefreshToken, newSession, tokenResponse } from "./tokens.js";
import type { Answer, RecordedRequest } from "./types.js";

type GrantHandler = (form: URLSearchParams, clientId: string, context: ProviderContext) => Promise<Answer>;

/** RFC 6749 §4.1.3, RFC 7636 §4.6. */
const codeGrant: GrantHandler = async (form, clientId, context) => {
  const issued = context.state.codes.get(form.get("code") ?? "");
  if (issued === undefined || issued.clientId !== clientId) return errorAnswer("invalid_grant");
  const session = issued.login;
  if (issued.used) {
    // RFC 6749 §4.1.2: a code that comes twice has leaked, so what it gave is revoked.
    if (context.settings.strictReuseDetection) context.state.kill(session);
    return errorAnswer("invalid_grant");
  }
  issued.used = true;
  const verifier = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url");
  if (verifier !== issued.challenge || form.get("redirect_uri") !== issued.redirectUri)
    return errorAnswer("invalid_grant");
  if (nowSeconds(context) >= issued.expiresAt) return errorAnswer("invalid_grant");
  session.alive = true;
  context.state.sessions.push(session);
  const refreshToken = issueRefreshToken(session, context);
  const { scope, resources } = session;
  const request = { grantType: "authorization_code", clientId, scope, resources, session, refreshToken };
  return jsonAnswer(200, await tokenResponse({ ...request, nonce: issued.nonce }, context));
};

/** RFC 6749 §6, RFC 9700 §4.14.2. */
const refreshGrant: GrantHandler = async (form, clientId, context) => {
  const { settings, state } = context;
  const presented = form.get("refresh_token") ?? "";
  const issued = state.refreshTokens.get(presented);
  if (issued === undefined || issued.session.clientId !== clientId) return errorAnswer("invalid_grant");
  const { session } = issued;
  const now = nowSeconds(context);
  const isReuse = issued.usedAt !== undefined && now - issued.usedAt >= settings.reuseGraceSeconds;
  if (isReuse && settings.strictReuseDetection) state.kill(session);
  if (!session.alive) return errorAnswer("invalid_grant");
  const asked = form.get("scope");
  const scope = asked === null ? session.scope : words(asked);
  if (!scope.every((name) => session.scope.includes(name))) return errorAnswer("invalid_scope");
  if (settings.rotateRefreshTokens) issued.usedAt ??= now;
  const refreshToken = settings.rotateRefreshTokens ? issueRefreshToken(session, context) : undefined;
  const named = form.getAll("resource");
  const resources = named.length === 0 ? session.resources : named;
  const request = { grantType: "refresh_token", clientId, scope, resources, session, refreshToken };
  return jsonAnswer(200, await tokenResponse(request, context));
};

/** RFC 8628 §3.4 and §3.5. */
const deviceGrant: GrantHandler = async (form, clientId, context) => {
  const device = context.state.devices.find((each) => each.deviceCode === form.get("device_code"));
  if (device === undefined || device.clientId !== clientId || device.status === "used")
    return errorAnswer("invalid_grant");
  const now = context.settings.now();
  const intervalMs = (context.settings.deviceIntervalSeconds ?? 5) * 1000;
  const early = device.lastPollAt !== undefined && now - device.lastPollAt < intervalMs;
  device.lastPollAt = now;
  if (device.status === "denied") return errorAnswer("access_denied");
  if (device.status === "expired" || now / 1000 >= device.expiresAt) return errorAnswer("expired_token");
  if (early && context.settings.enforceDeviceInterval) return errorAnswer("slow_down");
  if (device.status === "pending") return errorAnswer("authorization_pending");
  device.status = "used";
  const { scope, resources } = device;
  const session = newSession(context, { clientId, scope, resources });
  context.state.sessions.push(session);
  const refreshToken = issueRefreshToken(session, context);
  const request = { grantType: "device_code", clientId, scope, resources, session, refreshToken };
  return jsonAnswer(200, await tokenResponse(request, context));
};

/** RFC 6749 §4.4. Nobody signs in, so there is no ID Token to ask for and nothing to refresh. */
const clientCredentialsGrant: GrantHandler = async (form, clientId, context) => {
  const scope = words(form.get("scope"));
  if (scope.includes("openid") || scope.includes("offline_access")) return errorAnswer("invalid_scope");
  const resources = form.getAll("resource");
  const request = { grantType: "client_credentials", clientId, scope, resources, session: undefined };
  return jsonAnswer(200, await tokenResponse(request, context));
};

const GRANTS: Record<string, GrantHandler> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  "urn:ietf:params:oauth:grant-type:device_code": deviceGrant,
  client_credentials: clientCredentialsGrant,
};

/** Answers a token request. */
export async function tokenEndpoint(request: RecordedRequest, context: ProviderContext): Promise<Answer> {
  if (request.method !== "POST") return errorAnswer("invalid_request", "POST only", 405);
  const repeated = repeatedParameter(request.form);
  if (repeated !== undefined) return errorAnswer("invalid_request", `repeated parameter ${repeated}`);
  const client = authenticateClient(request, context);
  if ("refusal" in client) return client.refusal;
  const grantType = request.form.get("grant_type") ?? "";
  const grant = Object.hasOwn(GRANTS, grantType) ? GRANTS[grantType] : undefined;
  if (grant === undefined) return errorAnswer("unsupported_grant_type");
  if (grant === clientCredentialsGrant && !client.confidential) return errorAnswer("unauthorized_client");
  return grant(request.form, client.clientId, context);
}
