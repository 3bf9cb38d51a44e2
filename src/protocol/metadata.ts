/** The metadata of an authorization server (OpenID Connect Discovery 1.0, RFC 8414): what is read, and what is refused. */
import type { AuthorizationServer as Metadata } from "oauth4webapi";
import type { ClientConfig } from "../options/config.js";
import { DiscoveryError, ResponseError } from "../errors.js";
import { isLoopback } from "../options/checks.js";
import { oneLine } from "../options/log.js";
import type { Answer } from "./fetch.js";
import { type Members, membersOf } from "./jws.js";

export type ServerMetadata = Metadata;

/** The name of an endpoint. */
export type Endpoint = `${string}_endpoint` | "jwks_uri";

const JSON_TYPE = /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i;

/** OpenID Connect Discovery 1.0 §4: the path is appended to the issuer, whose own trailing slash is dropped for it. */
export function discoveryUrl({ issuer, discoveryUrl: given }: Pick<ClientConfig, "issuer" | "discoveryUrl">): string {
  return given ?? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

/** Reads a document of the server, which may be anything. Members that are null are left out. */
export function readJsonObject(what: string, url: string, { ok, status, headers, text }: Answer): Members {
  const place = `${what} (${url})`;
  // A page that says "not found" is what a wrong issuer gets; any other page may be that of a proxy.
  const isPage = !ok && status !== 404 && /^\s*</.test(text);
  if (!ok && !isPage) throw new DiscoveryError(`${place} came with status ${status}. Check the option issuer.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ResponseError(
      `${place} is no JSON${ok ? "" : ` (status ${status})`}. Check the option issuer; a captive portal or proxy may stand between. Try again.`,
    );
  }
  const type = headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type))
    throw new ResponseError(
      `${place} has the content type ${oneLine(type, 100) || "none"} instead of application/json. Tell the provider's operator.`,
    );
  const members = membersOf(body);
  if (members === undefined) throw new DiscoveryError(`${place} is JSON, but no object. Tell the provider's operator.`);
  return members;
}

/** A URL that may be called or opened: https, or http to a loopback address where the options allow that; no user name. */
export function isHttpsUrl(value: unknown, config: ClientConfig): value is string {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, username, password, hostname } = new URL(value);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && config.allowHttp && isLoopback(hostname));
}

/** What Microsoft Entra's metadata have in the place of a tenant, where they speak for many. */
export const TENANT = "{tenantid}";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The issuer must be the one asked for, to the letter. The root path may be spelt with or without its slash, and one segment of
 * the path may be the literal "{tenantid}".
 */
export function isSameIssuer(stated: unknown, asked: string): boolean {
  if (stated === asked || (stated === `${asked}/` && new URL(asked).pathname === "/")) return true;
  if (typeof stated !== "string") return false;
  const [parts, wanted] = [stated.split("/"), asked.split("/")];
  const isTenant = (part: string, at: number) => part === TENANT && at > 2;
  return (
    parts.length === wanted.length &&
    parts.filter(isTenant).length === 1 &&
    parts.every((part, at) => isTenant(part, at) || part === wanted[at])
  );
}

/** The issuer that a token with these claims must name: with metadata for many tenants that of its own, by its `tid`. */
export function issuerOf({ issuer }: ServerMetadata, { tid }: Members): string | undefined {
  if (!issuer.includes(TENANT)) return issuer;
  return typeof tid === "string" && UUID.test(tid) ? issuer.replace(TENANT, tid) : undefined;
}

/** Whether an authorization response may name this issuer (RFC 9207 §2.4). */
export function mayBeIssuer({ issuer }: ServerMetadata, iss: string): boolean {
  const [before = "", after] = issuer.split(TENANT);
  if (after === undefined) return iss === issuer;
  const tenant = iss.slice(before.length, iss.length - after.length);
  return iss === before + tenant + after && UUID.test(tenant);
}

/** Checks the issuer of a metadata document (OpenID Connect Discovery 1.0 §4.3). An endpoint is checked when it is used. */
export function checkMetadata(body: Members, { issuer }: Pick<ClientConfig, "issuer">): ServerMetadata {
  if (isSameIssuer(body.issuer, issuer)) return body as unknown as ServerMetadata;
  const stated = typeof body.issuer === "string" ? `"${oneLine(body.issuer, 200)}"` : "none that can be read";
  throw new DiscoveryError(
    `The metadata is that of another issuer: it says ${stated}, the option issuer says "${issuer}". Spell the option as the provider does, with or without the slash at its end.`,
  );
}

/** The address of an endpoint; `undefined` where the server has none: it may leave it out, or leave it empty. */
export function endpointOf(metadata: ServerMetadata, endpoint: Endpoint, config: ClientConfig): string | undefined {
  const value: unknown = metadata[endpoint];
  if (value === undefined || value === "") return undefined;
  if (isHttpsUrl(value, config) && new URL(value).hash === "") return value;
  throw new DiscoveryError(
    `The metadata's ${endpoint} is no https URL and was not used. Tell the provider's operator.`,
  );
}

/** The address of an endpoint that a flow cannot do without. */
export function requireEndpoint(metadata: ServerMetadata, endpoint: Endpoint, config: ClientConfig): string {
  const value = endpointOf(metadata, endpoint, config);
  if (value !== undefined) return value;
  throw new DiscoveryError(
    `The metadata has no ${endpoint}, which this flow needs. Use another flow, or tell the provider's operator.`,
  );
}
