/** What the fake provider's parts and its users share. Types only. */

import type { webcrypto } from "node:crypto";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";

/** The endpoints that can be hooked. `unknown` is every path that the provider does not have. */
export type EndpointName =
  | "discovery"
  | "jwks"
  | "authorize"
  | "token"
  | "device_authorization"
  | "verification"
  | "userinfo"
  | "revocation"
  | "end_session"
  | "par"
  | "unknown";

export type SigningAlg = "RS256" | "RS512" | "PS256" | "ES256" | "ES384" | "ES512" | "EdDSA";
export type Claims = Record<string, unknown>;
/** A public key as it stands in the JWKS. Not `JsonWebKey`, since tests put nonsense there. */
export type PublishedKey = Record<string, unknown>;

/** How `signJwt` departs from a correct JWT. */
export interface SignOptions {
  /** [the provider's] `"none"` gives an empty signature; another asymmetric alg gets, and publishes, a key of its own. */
  readonly alg?: SigningAlg | "HS256" | "none";
  /** [the alg] What the header calls it. */
  readonly shownAlg?: string;
  /** [the signing key's] `null` leaves it out. */
  readonly kid?: string | null;
  /** ["JWT"] `null` leaves it out. */
  readonly typ?: string | null;
  /** Sign with this instead. `"foreign"`: a new key that is published nowhere. Bytes are for HS256. */
  readonly key?: webcrypto.CryptoKey | Uint8Array | "foreign";
  /** Alter the signature bytes, or the claims after signing. */
  readonly tamper?: "signature" | "payload";
}

/**
 * Alters claims in place, or returns others. `grantType` is authorization_code, refresh_token, device_code or
 * client_credentials.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: an edit in place returns nothing
export type ClaimsEdit = (claims: Claims, grantType: string) => Claims | void;

/** Everything about the provider that may be changed while it runs. Defaults in brackets. */
export interface FakeProviderSettings {
  /** ["RS256"] The alg of ID Tokens and JWT access tokens. */
  alg: SigningAlg;
  /** [true] A refresh gives a new refresh token and uses up the old one. */
  rotateRefreshTokens: boolean;
  /** [true] A used-up refresh token, or code, that comes again kills its session. false: it is served again. */
  strictReuseDetection: boolean;
  /** [0] How long a used-up refresh token is served again all the same. */
  reuseGraceSeconds: number;
  /** ["offline_access"] When a refresh token is given: with that scope only, always, or never. */
  refreshTokens: "offline_access" | "always" | "never";
  /** ["jwt"] "jwe" is a text in five parts, which nobody but its API could open. */
  accessTokenFormat: "jwt" | "jwe" | "opaque";
  /** [300] */
  accessTokenLifetimeSeconds: number;
  /** [300] */
  idTokenLifetimeSeconds: number;
  /** ["hub_connector_api"] `aud` of JWT access tokens, where the request names no `resource`. `undefined`: no `aud`. */
  audience: string | readonly string[] | undefined;
  /** ["alice"] Who signs in. */
  subject: string;
  /** [true] Whether there is a session at the provider; decides what `prompt=none` gets. A login sets it, end_session clears it. */
  signedIn: boolean;
  /** [{ service: a random one }] Clients that must authenticate, with their secrets. All other client ids are public clients. */
  clientSecrets: Record<string, string>;
  /** [none, client_secret_basic, client_secret_post] Announced and enforced at the token, revocation, PAR and device endpoints. */
  clientAuthMethods: readonly ("none" | "client_secret_basic" | "client_secret_post")[];
  /** [undefined: any http(s) URL] Redirect URIs, compared exactly but for the port of a loopback address. */
  redirectUris: readonly string[] | undefined;
  /** [false] */
  requirePushedAuthorizationRequests: boolean;
  /** [5] `undefined` leaves it out of the answer. */
  deviceIntervalSeconds: number | undefined;
  /** [600] */
  deviceExpiresInSeconds: number;
  /** [false] Answer `slow_down` to a poll that comes early by this provider's clock. */
  enforceDeviceInterval: boolean;
  /** [true] */
  cors: boolean;
  /** [Date.now] Wall time in milliseconds. */
  now: () => number;
  /** Change the claims of an ID Token before it is signed: alter them, or return others. */
  editIdToken: ClaimsEdit | undefined;
  /** The same for a JWT access token. */
  editAccessToken: ClaimsEdit | undefined;
  /** How ID Tokens are signed. */
  idTokenSigning: SignOptions;
  /** How JWT access tokens are signed. [{ typ: "at+jwt" }] */
  accessTokenSigning: SignOptions;
}

/** As node:https takes it; with `requestCert` who has no certificate of `ca` is refused. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly requestCert?: boolean;
}

export interface FakeProviderOptions extends Partial<FakeProviderSettings> {
  /** ["/identity"] `""`, or begins with `/`; an ending `/` is kept and is part of the issuer. */
  readonly issuerPath?: string;
  /** ["127.0.0.1"] The host in the issuer; the last one is found by a proxy alone. The server listens on 127.0.0.1 in each case. */
  readonly host?: "127.0.0.1" | "localhost" | "id.corp.invalid";
  /** [any free port] */
  readonly port?: number;
  /** PEM texts; makes it an https provider. [http] */
  readonly tls?: ServerTls;
}

/** One request as it came in. */
export interface RecordedRequest {
  readonly endpoint: EndpointName;
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** The fields of a form body; empty for any other body. */
  readonly form: URLSearchParams;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** By `settings.now`, in milliseconds. */
  readonly time: number;
  /** The status that was answered, once it was. */
  status?: number;
}

/** An answer. `body` wins over `json`. A header that is `null` is left out, also content-type. */
export interface Answer {
  status: number;
  headers?: Record<string, string | string[] | null>;
  // biome-ignore lint/suspicious/noExplicitAny: hooks read and rewrite whatever stands in it
  json?: any;
  body?: string | Uint8Array;
}

/** Writes, or fails to write, an answer in a way of its own. Made by the methods of an exchange. */
export interface Delivery {
  readonly deliver: (response: ServerResponse) => void;
}

/** A request under way, as a hook sees it. */
export interface Exchange {
  readonly request: RecordedRequest;
  readonly form: URLSearchParams;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Resolves when the client has dropped the connection before it had the whole answer. */
  readonly clientGone: Promise<void>;
  /** The answer of the hook before this one, in the end the correct one, with all its effects (a code is used up). Runs once. */
  next(): Promise<Answer>;
  /** Never answers. */
  hang(): Delivery;
  /** Destroys the connection before any header. */
  reset(): Delivery;
  /** Sends the headers of a JSON answer and the beginning of a body, then nothing. */
  stallAfterHeaders(beginning?: string): Delivery;
  /** Sends the body in small pieces: `chunkBytes` [1] each `everyMs` [50]. A `chunked` JSON answer. */
  trickle(body: string, chunkBytes?: number, everyMs?: number): Delivery;
  /** Announces more bytes than it sends, then closes. */
  endEarly(body: string): Delivery;
  /** A JSON answer of so many bytes. */
  huge(bytes: number): Delivery;
  /** A page where none belongs, as captive portals and proxies send. */
  html(status: number, text: string): Answer;
  /** [302] */
  redirect(url: string, status?: number): Answer;
  /** An OAuth error (RFC 6749 §5.2). [400] */
  error(error: string, description?: string, status?: number): Answer;
}

/** Returns what is to be answered; nothing means: what the exchange was told to do, else `next()`. */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without return gives void
export type Hook = (exchange: Exchange) => Answer | Delivery | void | Promise<Answer | Delivery | void>;
