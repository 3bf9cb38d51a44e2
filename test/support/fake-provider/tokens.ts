/** Makes the tokens of a grant. */
import { randomBytes } from "node:crypto";
import { nowSeconds, type ProviderContext } from "./context.js";
import { atHash } from "./keys.js";
import type { Session } from "./state.js";
import type { Claims, ClaimsEdit } from "./types.js";

/** What a grant is for. */
export interface TokenRequest {
  readonly grantType: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly resources: readonly string[];
  /** Absent for client_credentials. */
  readonly session: Session | undefined;
  readonly nonce?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** A new session id with nothing granted yet. */
export function newSession(
  context: ProviderContext,
  login: Pick<Session, "clientId" | "scope" | "resources">,
): Session {
  const sid = randomBytes(12).toString("base64url");
  return { ...login, sid, subject: context.settings.subject, authTime: nowSeconds(context), alive: true };
}

/** Header, encrypted key, initialization vector and ciphertext of RFC 7516 §3.1, as a text that looks like them. */
const JWE_BEGINNING = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString("base64url")}..aXY.Y2lwaGVy.`;

const edited = (claims: Claims, grantType: string, edit: ClaimsEdit | undefined): Claims =>
  edit?.(claims, grantType) ?? claims;

async function makeAccessToken(request: TokenRequest, context: ProviderContext): Promise<string> {
  const { settings, keys, vault, state } = context;
  const expiresAt = nowSeconds(context) + settings.accessTokenLifetimeSeconds;
  const token =
    settings.accessTokenFormat === "jwt"
      ? await keys.sign(accessTokenClaims(request, context, expiresAt), settings.alg, settings.accessTokenSigning)
      : `${settings.accessTokenFormat === "jwe" ? JWE_BEGINNING : ""}${vault.mint("access-token")}`;
  state.accessTokens.set(token, { session: request.session, scope: request.scope, expiresAt, revoked: false });
  return vault.note(token);
}

function accessTokenClaims(request: TokenRequest, context: ProviderContext, expiresAt: number): Claims {
  const { settings, vault } = context;
  const aud = request.resources.length === 0 ? settings.audience : request.resources;
  const claims: Claims = {
    iss: context.issuer(),
    sub: request.session?.subject ?? request.clientId,
    ...(aud === undefined ? {} : { aud: Array.isArray(aud) && aud.length === 1 ? aud[0] : aud }),
    exp: expiresAt,
    iat: nowSeconds(context),
    jti: vault.mint("jti"),
    client_id: request.clientId,
    scope: request.scope.join(" "),
  };
  return edited(claims, request.grantType, settings.editAccessToken);
}

async function makeIdToken(
  request: TokenRequest,
  session: Session,
  accessToken: string,
  context: ProviderContext,
): Promise<string> {
  const { settings, keys, vault } = context;
  const now = nowSeconds(context);
  const claims: Claims = {
    iss: context.issuer(),
    sub: session.subject,
    aud: request.clientId,
    exp: now + settings.idTokenLifetimeSeconds,
    iat: now,
    auth_time: session.authTime,
    sid: session.sid,
    at_hash: await atHash(accessToken, settings.alg),
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
  };
  const final = edited(claims, request.grantType, settings.editIdToken);
  return vault.note(await keys.sign(final, settings.alg, settings.idTokenSigning));
}

/** The successful token response (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3), as an object. */
export async function tokenResponse(request: TokenRequest, context: ProviderContext): Promise<Claims> {
  const accessToken = await makeAccessToken(request, context);
  const { session } = request;
  return {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: context.settings.accessTokenLifetimeSeconds,
    scope: request.scope.join(" "),
    ...(request.refreshToken === undefined ? {} : { refresh_token: request.refreshToken }),
    ...(session !== undefined && request.scope.includes("openid")
      ? { id_token: await makeIdToken(request, session, accessToken, context) }
      : {}),
  };
}

/** A new refresh token of this session, where the settings give one. */
export function issueRefreshToken(session: Session, context: ProviderContext): string | undefined {
  const { refreshTokens } = context.settings;
  if (refreshTokens === "never") return undefined;
  if (refreshTokens === "offline_access" && !session.scope.includes("offline_access")) return undefined;
  const token = context.vault.mint("refresh-token");
  context.state.refreshTokens.set(token, { session, usedAt: undefined });
  return token;
}
