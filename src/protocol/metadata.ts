/** Reading provider metadata: what is taken from it, and what makes it unusable. */
import type { AuthorizationServer } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { DiscoveryError, ResponseError } from "../errors.js";
import { isLoopback } from "../options/checks.js";

/** Metadata whose endpoints were checked; `token_endpoint` is always there. */
export type ServerMetadata = AuthorizationServer & { readonly token_endpoint: string };

/** Every URL of the metadata that this library calls or opens. */
const ENDPOINTS = [
  "token_endpoint",
  "jwks_uri",
  "authorization_endpoint",
  "device_authorization_endpoint",
  "pushed_authorization_request_endpoint",
  "revocation_endpoint",
  "end_session_endpoint",
  "userinfo_endpoint",
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** OpenID Connect Discovery 1.0 §4: the path is appended to the issuer, whose own trailing slash is dropped for it. */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Parses a JSON object out of a response that may be anything. The content type is checked by status first. */
export async function readJsonObject(what: string, response: Response): Promise<Record<string, unknown>> {
  const type = response.headers.get("content-type") ?? "";
  const foreign = () =>
    new ResponseError(
      `${what} did not answer with JSON (status ${response.status}); a captive portal or proxy may stand between. The session is kept; try again.`,
    );
  if (!/^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(type)) throw foreign();
  let body: unknown;
  try {
    body = JSON.parse(await response.text());
  } catch {
    throw foreign();
  }
  if (response.status !== 200) {
    throw new DiscoveryError(`${what} answered with status ${response.status}. Check the option issuer.`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new DiscoveryError(`${what} answered with JSON that is not an object. Tell the provider's operator.`);
  }
  return body as Record<string, unknown>;
}

/** An endpoint that may be called or opened: https, or http to a loopback address where the options allow that. */
function isUsable(value: unknown, config: ClientConfig): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && config.allowHttp && isLoopback(url.hostname));
}

/** The issuer must be the one asked for, to the letter; only the root path may be spelt with or without its slash. */
function isSameIssuer(told: unknown, asked: string): boolean {
  if (told === asked) return true;
  return typeof told === "string" && told === `${asked}/` && new URL(told).pathname === "/";
}

/** Checks a metadata document (OpenID Connect Discovery 1.0 §4.3). */
export function checkMetadata(body: Record<string, unknown>, config: ClientConfig): ServerMetadata {
  if (!isSameIssuer(body.issuer, config.issuer)) {
    throw new DiscoveryError(
      "The metadata is that of another issuer. Give the option issuer exactly as the provider spells it, with or without the slash at its end.",
    );
  }
  const metadata = { ...body };
  for (const endpoint of ENDPOINTS) {
    const value = body[endpoint];
    // What a provider does not have it may leave out, or leave empty.
    if (value === null || value === "") delete metadata[endpoint];
    if (value === undefined || value === null || value === "") continue;
    if (!isUsable(value, config))
      throw new DiscoveryError(`The metadata's ${endpoint} is not an https URL. Nothing was opened or sent.`);
  }
  requireEndpoint(metadata as unknown as AuthorizationServer, "token_endpoint");
  return metadata as unknown as ServerMetadata;
}

/** The endpoint, or a DiscoveryError that names it. */
export function requireEndpoint(metadata: AuthorizationServer, endpoint: Endpoint): string {
  const value = metadata[endpoint];
  if (typeof value !== "string") {
    throw new DiscoveryError(
      `The provider's metadata has no ${endpoint}, which this flow needs. Ask the provider's operator, or use another flow.`,
    );
  }
  return value;
}
