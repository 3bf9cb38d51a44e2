/** What every endpoint of the fake provider works with. */
import { randomBytes } from "node:crypto";
import type { KeyRing } from "./keys.js";
import type { SecretVault } from "./secrets.js";
import type { ProviderState } from "./state.js";
import type { Answer, EndpointName, FakeProviderSettings, RecordedRequest } from "./types.js";

/** One running provider, as its endpoints see it. */
export interface ProviderContext {
  readonly settings: FakeProviderSettings;
  readonly keys: KeyRing;
  readonly state: ProviderState;
  readonly vault: SecretVault;
  /** Merged over the default metadata. */
  readonly metadata: Record<string, unknown>;
  issuer(): string;
  url(endpoint: EndpointName): string;
}

export type EndpointHandler = (request: RecordedRequest, context: ProviderContext) => Answer | Promise<Answer>;

/** Settings as they are when a test says nothing. */
export function defaultSettings(vault: SecretVault): FakeProviderSettings {
  return {
    alg: "RS256",
    rotateRefreshTokens: true,
    strictReuseDetection: true,
    reuseGraceSeconds: 0,
    refreshTokens: "offline_access",
    accessTokenFormat: "jwt",
    accessTokenLifetimeSeconds: 300,
    idTokenLifetimeSeconds: 300,
    audience: "hub_connector_api",
    subject: "alice",
    signedIn: true,
    clientSecrets: { service: vault.mint("client-secret") },
    clientAuthMethods: ["none", "client_secret_basic", "client_secret_post"],
    redirectUris: undefined,
    requirePushedAuthorizationRequests: false,
    deviceIntervalSeconds: 5,
    deviceExpiresInSeconds: 600,
    enforceDeviceInterval: false,
    cors: true,
    now: Date.now,
    editIdToken: undefined,
    editAccessToken: undefined,
    idTokenSigning: {},
    accessTokenSigning: { typ: "at+jwt" },
  };
}

/** Paths below the issuer. The JWKS lies elsewhere on each run, so that a client that guesses it fails. */
export function endpointPaths(): Record<Exclude<EndpointName, "unknown">, string> {
  return {
    discovery: "/.well-known/openid-configuration",
    jwks: `/keys-${randomBytes(6).toString("hex")}`,
    authorize: "/connect/authorize",
    token: "/connect/token",
    device_authorization: "/connect/deviceauthorization",
    verification: "/device",
    userinfo: "/connect/userinfo",
    revocation: "/connect/revocation",
    end_session: "/connect/endsession",
    par: "/connect/par",
  };
}

/** A JSON answer with the headers of RFC 6749 §5.1. */
export function jsonAnswer(status: number, json: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "content-type": "application/json", "cache-control": "no-store", ...headers }, json };
}

/** An OAuth error answer (RFC 6749 §5.2). */
export function errorAnswer(error: string, description?: string, status = 400): Answer {
  return jsonAnswer(status, { error, ...(description === undefined ? {} : { error_description: description }) });
}

/** A small page. The text must be safe HTML. */
export function pageAnswer(status: number, html: string): Answer {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return { status, headers, body: `<!doctype html><title>Fake provider</title>${html}` };
}

/** A redirect; the answer's `location` header is what hooks read and change. */
export function redirectAnswer(url: string, status = 302): Answer {
  return { status, headers: { location: url, "cache-control": "no-store" }, body: "" };
}

export const nowSeconds = (context: ProviderContext): number => Math.floor(context.settings.now() / 1000);

export const words = (value: string | null): string[] => (value ?? "").split(" ").filter((word) => word !== "");

/** The first parameter that stands more than once (RFC 6749 §3.1 forbids it; RFC 8707 allows several `resource`). */
export function repeatedParameter(parameters: URLSearchParams): string | undefined {
  for (const name of new Set(parameters.keys())) {
    if (name !== "resource" && name !== "audience" && parameters.getAll(name).length > 1) return name;
  }
  return undefined;
}
