/** How oidc-provider is set up to resemble the real Keystone. */
import { randomBytes } from "node:crypto";
import type { ProviderRequest } from "oidc-provider";
import { nextRsaKey } from "../rsa-keys.js";

/** The `aud` of access tokens where a request names no `resource`. */
export const REAL_AUDIENCE = "hub_connector_api";
// RFC 8707 wants an absolute URI inside the provider; the audience that it puts in tokens is free.
const DEFAULT_RESOURCE = "urn:keystone:hub_connector_api";

/** Client metadata by the names of OpenID Connect Dynamic Client Registration 1.0 §2. */
export type ClientMetadata = Record<string, unknown> & { readonly client_id: string };

/** What the configuration depends on. */
export interface RealProviderSettings {
  readonly accessTokenSeconds: number;
  readonly spaRedirectUris: readonly string[];
  readonly serviceSecret: string;
  readonly clients: readonly ClientMetadata[];
  readonly accessTokenClaims: () => Readonly<Record<string, unknown>>;
}

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

function standardClients({ spaRedirectUris, serviceSecret }: RealProviderSettings): ClientMetadata[] {
  const person = ["authorization_code", "refresh_token"];
  return [
    {
      client_id: "native",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: [...person, DEVICE_GRANT],
      redirect_uris: ["http://127.0.0.1", "http://127.0.0.1/callback", "http://localhost", "http://localhost/callback"],
      post_logout_redirect_uris: ["http://127.0.0.1", "http://127.0.0.1/bye"],
    },
    {
      client_id: "spa",
      application_type: "web",
      token_endpoint_auth_method: "none",
      grant_types: person,
      redirect_uris: [...spaRedirectUris],
      post_logout_redirect_uris: [...spaRedirectUris],
    },
    {
      client_id: "service",
      client_secret: serviceSecret,
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: "confidential-native",
      client_secret: serviceSecret,
      application_type: "native",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: person,
      redirect_uris: ["http://127.0.0.1", "http://127.0.0.1/callback"],
    },
  ];
}

const page = (ctx: ProviderRequest, html: string): void => {
  ctx.body = `<!doctype html><meta charset="utf-8"><title>Provider</title>${html}`;
};
const submit = (form: string, name: string, value: string): string =>
  `<button type="submit" form="${form}" name="${name}" value="${value}">${value}</button>`;

/** Every page that has no page of ours prints a warning on first use. */
const pages = {
  userCodeInputSource: (ctx: ProviderRequest, form: string) =>
    page(ctx, `${form}${submit("op.deviceInputForm", "go", "on")}`),
  userCodeConfirmSource: (ctx: ProviderRequest, form: string) =>
    page(ctx, `${form}${submit("op.deviceConfirmForm", "go", "on")}${submit("op.deviceConfirmForm", "abort", "yes")}`),
  successSource: (ctx: ProviderRequest) => page(ctx, "<h1>Device signed in</h1>"),
  logoutSource: (ctx: ProviderRequest, form: string) => page(ctx, `${form}${submit("op.logoutForm", "logout", "yes")}`),
  postLogoutSuccessSource: (ctx: ProviderRequest) => page(ctx, "<h1>Signed out</h1>"),
};

const resourceIndicators = {
  enabled: true,
  defaultResource: (_ctx: unknown, _client: unknown, oneOf: unknown) => oneOf ?? DEFAULT_RESOURCE,
  useGrantedResource: () => true,
  getResourceServerInfo: (_ctx: unknown, indicator: string) => ({
    scope: "hub_connector_api",
    audience: indicator === DEFAULT_RESOURCE ? REAL_AUDIENCE : indicator,
    accessTokenFormat: "jwt",
    jwt: { sign: { alg: "RS256" } },
  }),
};

const mayRevoke = (_ctx: unknown, client: { clientId: string }, token: { clientId: string }): boolean =>
  token.clientId === client.clientId;

/** The configuration object of oidc-provider. */
export function configurationOf(settings: RealProviderSettings): Record<string, unknown> {
  const { accessTokenSeconds } = settings;
  const { userCodeInputSource, userCodeConfirmSource, successSource, logoutSource, postLogoutSuccessSource } = pages;
  const hour = 3600;
  return {
    clients: [...standardClients(settings), ...settings.clients],
    jwks: { keys: [{ ...nextRsaKey(), kid: randomBytes(6).toString("hex"), use: "sig" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    scopes: ["openid", "offline_access"],
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: () => settings.accessTokenClaims(),
    clientBasedCORS: () => true,
    rotateRefreshToken: () => true,
    issueRefreshToken: (_ctx: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed("refresh_token"),
    renderError: (ctx: ProviderRequest, out: { error?: string }) => page(ctx, `<h1>${out.error ?? "error"}</h1>`),
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      IdToken: hour,
      RefreshToken: 24 * hour,
      Session: 24 * hour,
      Grant: 24 * hour,
      Interaction: hour,
      DeviceCode: 600,
    },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true, userCodeInputSource, userCodeConfirmSource, successSource },
      revocation: { enabled: true, allowedPolicy: mayRevoke },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      clientCredentials: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators,
    },
  };
}
