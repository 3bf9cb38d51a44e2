/** The options as a program gives them. `read.ts` turns them into ClientSettings. */
import type { RequiredClaims } from "./required-claims.js";
import type { DeviceCodePrompt, Keychain, KeyValueStore, PageHandler } from "../ports.js";

/** How a session begins. The values are strings, so that they can come from a file. */
export const OidcFlow = {
  /** Authorization code with PKCE in a browser; where none can be had, the device flow. */
  auth_code: "auth_code",
  /** The same without the device flow: no browser is an EnvironmentError. */
  auth_code_no_fallback: "auth_code_no_fallback",
  /** RFC 8628: the person signs in on any device. */
  device_code: "device_code",
  /** RFC 6749 §4.4: the program signs in as itself. */
  client_credentials: "client_credentials",
  /** The same by its name in the Python package. */
  client_credential: "client_credentials",
} as const;
export type OidcFlow = (typeof OidcFlow)[keyof typeof OidcFlow];

/**
 * What a call may do when a person is needed. `"allowed"`: begin a login. `"never"`: nothing, it is LoginRequiredError.
 * `"auto"`, in a page: leave the page or open a window only while this client has not had a token yet, or within the user's
 * activation (a click, or Enter or Space outside an editable field, at most a second ago); else LoginRequiredError. In Node
 * `"auto"` is `"allowed"`.
 */
export type Interaction = "auto" | "allowed" | "never";

/** Where log lines go: redacted, on one line. A logger that throws changes nothing. */
export interface Logger {
  debug?: ((message: string) => void) | undefined;
  info?: ((message: string) => void) | undefined;
  warn?: ((message: string) => void) | undefined;
  error?: ((message: string) => void) | undefined;
}

/** Where the loopback server listens (RFC 8252 §7.3). */
export interface LoopbackOptions {
  /** `["127.0.0.1"]` */
  readonly host?: "127.0.0.1" | "::1" | "localhost" | undefined;
  /** Tried in order; 0 is any free port. `[[0]]` */
  readonly ports?: readonly number[] | undefined;
  /** `""` gives `http://127.0.0.1:PORT`; anything else begins with `/`. `[""]` */
  readonly path?: string | undefined;
}

/**
 * Options of a client. Defaults stand in brackets; durations are in seconds, above 0 and at most 2,147,483.
 * A value that cannot be used is a ConfigurationError (`configuration`) at construction.
 */
export interface OidcClientOptions {
  /** The client identifier at the provider (RFC 6749 §2.2). */
  clientId: string;
  /** The provider's issuer identifier, https, exactly as its metadata spells it (OpenID Connect Discovery 1.0 §3); a slash behind the host alone does not count. */
  issuer: string | URL;
  /**
   * Where the metadata lies when that is not below the issuer: https, a query is allowed. Its `issuer` must equal the option all
   * the same. [issuer + "/.well-known/openid-configuration"]
   */
  discoveryUrl?: string | URL | undefined;
  /** Scopes beside `openid`, which is always there (RFC 6749 §3.3). [none] */
  extraScopes?: readonly string[] | undefined;
  /** Each must be in the access token's `aud` (RFC 9068 §4); access tokens must then be JWTs. [not checked] */
  audiences?: readonly string[] | undefined;
  /**
   * Claims that the access token must have before it is given, such as those that stand for a licence; the token must then be a
   * JWT. By the claim's name: `null`: it is there; a value: equal, or in the claim's list; a list: each of them in the claim's
   * list. A stored token that lacks one is renewed, at most every 30 s; then calls and `signIn()` are TokenValidationError
   * (`token_validation`) with the name in `claim`. The session is kept, and no login begins for it. [not checked]
   */
  requiredClaims?: RequiredClaims | undefined;
  /**
   * Where sessions are kept: in Node "file", "encrypted-file", "shared-database" (the SQLite file of Cegal's Python tools) or
   * "memory", in the browser "indexeddb", "session" or "memory". ["file" in Node, "indexeddb" in the browser]
   *
   * "shared-database" needs Node 22.13 or later, or the package better-sqlite3: else the first call that needs the store is
   * ConfigurationError (`configuration`, option `storage`).
   */
  storage?:
    | "file"
    | "encrypted-file"
    | "shared-database"
    | "indexeddb"
    | "session"
    | "memory"
    | KeyValueStore
    | undefined;
  /** Neither read nor write a store. [false] */
  noCache?: boolean | undefined;
  /** What `getAccessToken()` may do when a person is needed. ["allowed" in Node, "auto" in pages] */
  interaction?: Interaction | undefined;
  /**
   * What happens when the store holds another person's session than the one whose tokens this client has given. "reject":
   * tokens, claims and user info are LoginRequiredError (`login_required`, user_changed) until `signIn()` or a new client.
   * "follow": the other person's are given, after the event. ["reject" in pages, "follow" in Node]
   */
  whenUserChanges?: "reject" | "follow" | undefined;
  /** A token with less left is renewed. 0 is allowed. [30] */
  minValiditySeconds?: number | undefined;
  /** How far clocks may differ when the times in tokens are checked. 0 is allowed. [120] */
  clockToleranceSeconds?: number | undefined;
  /** How long a person may take to sign in. [300] */
  loginTimeoutSeconds?: number | undefined;
  /** How long one request may take, from the connection to the last byte. [30] */
  requestTimeoutSeconds?: number | undefined;
  /** How long to wait for another tab or process that is renewing the same session. [60] */
  lockTimeoutSeconds?: number | undefined;
  /** How long one call of a store may take. [10] */
  storageTimeoutSeconds?: number | undefined;
  /** The largest response body, in bytes. [1,048,576] */
  maxResponseBytes?: number | undefined;
  /** Allow an http issuer on a loopback address, for development. Nothing else is relaxed. [false] */
  allowInsecureLoopback?: boolean | undefined;
  /**
   * Further parameters of the authorization request: `login_hint`, `prompt`, `max_age`, `acr_values`, `ui_locales`,
   * `resource` (RFC 8707; sent to the token endpoint too) and others. Security parameters are refused.
   */
  authorizationParams?: Readonly<Record<string, string>> | undefined;
  /**
   * Where the provider sends the person after its sign-out page, to the letter as it is registered there (OpenID Connect
   * RP-Initiated Logout 1.0 §2, §3). Goes with a `state` of its own into the request of a `signOut()` that ends the provider's
   * session. Node listens at `http://127.0.0.1`, `http://[::1]` or `http://localhost` for the return: on the port that it
   * names; with port 0 or none on any free one, which goes into the request, for providers that take any port of a loopback
   * address. Any other address is only sent. [not sent: the person stays on the provider's page]
   */
  postLogoutRedirectUri?: string | URL | undefined;
  /** Used for every request. [the platform's fetch] */
  fetch?: typeof fetch | undefined;
  /** [silent; in Node `CEGAL_KEYSTONE_AUTH_LOG=debug` (info, warn, error) writes to stderr] */
  logger?: Logger | undefined;

  /** Node: how a session begins. [OidcFlow.auth_code] */
  flow?: OidcFlow | undefined;
  /** Node only, refused in the browser: the client secret. Never stored; sent with every token request. */
  clientSecret?: string | undefined;
  /** Node: how the secret is sent (RFC 6749 §2.3.1). [auto: what the metadata lists; on `invalid_client` the other one once] */
  clientAuthentication?: "auto" | "basic" | "post" | undefined;
  /** Node: where the loopback server listens. [any port of 127.0.0.1, no path] */
  loopback?: LoopbackOptions | undefined;
  /** Node: opens the authorization URL; called when the server listens. A rejection means "no browser". [the system browser] */
  openBrowser?: ((url: string) => void | Promise<void>) | undefined;
  /**
   * Node: shows the address of a browser login (RFC 8252 §6). Where it is given, the library writes nothing to the terminal
   * during such a login, and reads nothing there. It may take as long as it likes; a rejection where no browser opens either is
   * EnvironmentError (`environment`). [prints to stderr]
   */
  onAuthorizationUrl?: ((url: string) => void | Promise<void>) | undefined;
  /** Node: shows the device code. [prints to stderr] */
  onDeviceCode?: ((prompt: DeviceCodePrompt) => void | Promise<void>) | undefined;
  /** Node: the pages after the login. [productPage({ product: clientId })] */
  pageHandler?: PageHandler | undefined;
  /**
   * Node: where the files are: a directory of this user's that nobody else can write to. It is made private (0700) where it
   * holds nothing else. [CEGAL_KEYSTONE_AUTH_DIR, else ~/.cegal-keystone/tokens]
   */
  storageDirectory?: string | undefined;
  /**
   * Node, "shared-database": the SQLite file, whose row for this client id is the session of all who use it; `~/` is the home
   * directory. One that is not there is made (0600). Locks and the marks of sign-outs stay in `storageDirectory`.
   * [CEGAL_KEYSTONE_AUTH_DB, else ~/.cegal-keystone/auth.db]
   */
  sharedDatabase?: string | undefined;

  /** Node, "encrypted-file": what keeps the data key. [the operating system's keychain, by the package @napi-rs/keyring] */
  keychain?: Keychain | undefined;
  /**
   * Node, "encrypted-file": what happens on a machine without a keychain. "fail": calls are StorageError (`storage`);
   * "memory": sessions end with the program; "plain-file": they are kept as with `storage: "file"`. For the last two a
   * `storage` event says so. A keychain that is there and locked is a StorageError in each case. ["fail"]
   */
  withoutKeychain?: "fail" | "memory" | "plain-file" | undefined;

  /** Browser: leave the page for the login, or open a popup. ["redirect"] */
  loginMode?: "redirect" | "popup" | undefined;
  /** Browser, popup mode: what happens where the browser blocks the popup: a PopupError, or a login or logout by redirect. ["error"] */
  popupBlocked?: "error" | "redirect" | undefined;
  /**
   * Browser: called after a redirect login with the path, query and hash of the page that asked, for the app's router
   * (`(path) => router.replace(path)`). The address has lost the response by then. [the address is put back, and popstate and
   * hashchange are dispatched]
   */
  onReturn?: ((path: string) => void) | undefined;
  /** Browser: the redirect URI of redirect, popup and hidden iframe; registered at the provider. [this origin + "/"] */
  redirectUri?: string | URL | undefined;
  /** Browser: try a hidden iframe with `prompt=none` before asking a person. [false] */
  silentLogin?: boolean | undefined;
  /** Browser: how long the hidden iframe may take. [10] */
  silentLoginTimeoutSeconds?: number | undefined;
  /** Browser: may a login start inside a frame of another site. [false] */
  allowFramed?: boolean | undefined;
}
