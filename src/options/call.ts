/** The options of one call, checked. */
import type { ClientSettings } from "./config.js";
import {
  type Check,
  flag,
  oneOf,
  optional,
  parameters,
  readAll,
  refuse,
  seconds,
  text,
  typed,
  withMethods,
} from "./checks.js";
import { loginParams } from "./authorization-params.js";
import { mustBeNamed } from "./names.js";
import type { Interaction } from "./options.js";
import { accessTokenOf, neededMs, type SessionRecord } from "../token-set.js";
import { INTERACTIONS } from "./read.js";

/** Options of `getAccessToken()` and `getTokenSet()`. */
export interface GetTokenOptions {
  /** What this call may do when a person is needed. [the client's option] */
  interaction?: Interaction | undefined;
  /** Seconds that the token must still have; one with less left is renewed. [the client's option] */
  minValiditySeconds?: number | undefined;
  /** Renew even a token that has time left. Callers at the same time share one renewal. [false] */
  forceRefresh?: boolean | undefined;
  /** A token that a resource server has refused (401): whatever is current and differs from it is given, else it is renewed. */
  rejectedToken?: string | undefined;
  /** Takes this call out; others that wait for the same renewal or login go on. */
  signal?: AbortSignal | undefined;
}

/**
 * What a function or a library takes that wants tokens and nothing else of a client: each `OidcClient` is one, and in a test an
 * object with one method.
 */
export interface TokenProvider {
  /** An access token, each time one is used. */
  getAccessToken(options?: GetTokenOptions): Promise<string>;
}

/** @internal */
export interface TokenRequest {
  readonly interaction: Interaction;
  readonly minValidityMs: number;
  readonly forceRefresh: boolean;
  /** Access tokens that this call must not get. */
  readonly refused: readonly string[];
  readonly signal: AbortSignal | undefined;
}

const abortSignal: Check<AbortSignal> = (value, option) => {
  const signal = withMethods<AbortSignal>("an AbortSignal", ["addEventListener", "removeEventListener"])(value, option);
  return typeof signal.aborted === "boolean" ? signal : refuse(option, "must be an AbortSignal.");
};

const NAMES = [
  "interaction",
  "minValiditySeconds",
  "forceRefresh",
  "rejectedToken",
  "signal",
] as const satisfies readonly (keyof GetTokenOptions)[];

/** Checks the options of a call, of which `names` are known. Throws ConfigurationError. @internal */
export function readTokenRequest(
  options: GetTokenOptions = {},
  config: Pick<ClientSettings, "interaction" | "minValidityMs">,
  names: readonly string[] = NAMES,
): TokenRequest {
  typed<object>("object")(options, "options");
  mustBeNamed(options, names);
  const { rejectedToken, ...request } = readAll(
    {
      interaction: oneOf(INTERACTIONS, config.interaction),
      minValidityMs: seconds(config.minValidityMs / 1000, "0 or more"),
      forceRefresh: flag,
      rejectedToken: optional(typed<string>("string")),
      signal: optional(abortSignal),
    },
    options,
  );
  return { ...request, refused: rejectedToken === undefined ? [] : [rejectedToken] };
}

/** Options of `signIn()`. */
export interface SignInOptions {
  /** OpenID Connect Core 1.0 §3.1.2.1: `"login"`, `"select_account"`, `"consent"`, `"create"` or others. */
  prompt?: string | undefined;
  /** Who signs in, as far as the program knows: `login_hint`. */
  loginHint?: string | undefined;
  /** How the person has to sign in: `acr_values`, separated by blanks. */
  acrValues?: string | undefined;
  /** How many seconds ago the person may have signed in at the provider: `max_age`. 0 asks for the password anew. */
  maxAgeSeconds?: number | undefined;
  /** In a page: by redirect or popup. [the client's option] */
  loginMode?: "redirect" | "popup" | undefined;
  /** In a page: the path, query and hash of this origin that is shown afterwards. [the page that asks] */
  returnTo?: string | undefined;
  /** Further parameters of this login: those that choose no token (`ui_locales`, `kc_idp_hint` and others). */
  authorizationParams?: Readonly<Record<string, string>> | undefined;
  /** Takes this call out; others that wait for the same login go on. */
  signal?: AbortSignal | undefined;
}

/** What one login asks for beyond the client's options. @internal */
export interface LoginRequest {
  /** Parameters of the authorization request; they take the place of the client's. */
  readonly params: Readonly<Record<string, string>>;
  readonly loginMode?: "redirect" | "popup" | undefined;
  readonly returnTo?: string | undefined;
  /** Whether `signIn()` asks for it: it waits for no other login that has left. */
  readonly isAsked: boolean;
}

/** A login as the client's options say. @internal */
export const PLAIN_LOGIN: LoginRequest = { params: {}, isAsked: false };

const SIGN_IN = {
  prompt: optional(text),
  loginHint: optional(text),
  acrValues: optional(text),
  maxAgeSeconds: optional(wholeSeconds),
  authorizationParams: loginParams,
  signal: optional(abortSignal),
};
const IN_A_PAGE = { loginMode: optional(oneOf(["redirect", "popup"])), returnTo: optional(pathOfOrigin) };

/** Checks the options of a sign-in. Throws ConfigurationError. @internal */
export function readSignIn(options: SignInOptions = {}, isPage: boolean): LoginRequest & Pick<SignInOptions, "signal"> {
  typed<object>("object")(options, "options");
  mustBeNamed(options, Object.keys(isPage ? { ...SIGN_IN, ...IN_A_PAGE } : SIGN_IN));
  const { loginMode, returnTo }: Pick<LoginRequest, "loginMode" | "returnTo"> = isPage
    ? readAll(IN_A_PAGE, options)
    : {};
  const { prompt, loginHint, acrValues, maxAgeSeconds, authorizationParams, signal } = readAll(SIGN_IN, options);
  const named = { prompt, login_hint: loginHint, acr_values: acrValues, max_age: maxAgeSeconds };
  const given = Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    params: { ...authorizationParams, ...Object.fromEntries(given) },
    isAsked: true,
    loginMode,
    returnTo,
    ...(signal && { signal }),
  };
}

function wholeSeconds(value: unknown, option: string): string {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? String(value)
    : refuse(option, "must be a whole number of seconds, 0 or more.");
}

/** Never another origin: "//host" is one, and URL parsers drop tabs and line ends. */
function pathOfOrigin(value: unknown, option: string): string {
  const isPath = typeof value === "string" && value.startsWith("/") && URL.canParse(value, "https://page");
  return isPath && new URL(value, "https://page").origin === "https://page"
    ? value
    : refuse(option, 'must be a path of this origin that begins with one "/".');
}

/** Options of `signOut()`. */
export interface SignOutOptions {
  /** Only here: neither revocation nor the provider's page. [false] */
  local?: boolean | undefined;
  /** End the provider's own session too, on its page. [true in the browser, false in Node] */
  providerSession?: boolean | undefined;
  /** Further parameters of the logout request, such as Cognito's `logout_uri`. Those that the client sets itself are refused. */
  params?: Readonly<Record<string, string>> | undefined;
  /** Gives up what is left to do at the provider; the session here has gone by then. */
  signal?: AbortSignal | undefined;
}

/** @internal */
export type SignOutRequest = ReturnType<typeof readSignOut>;

const LOGOUT_PARAMETER = /^(client_id|id_token_hint|post_logout_redirect_uri|state)$/i;

/** Checks the options of a sign-out. Throws ConfigurationError. @internal */
export function readSignOut(options: SignOutOptions = {}) {
  typed<object>("object")(options, "options");
  mustBeNamed(options, ["local", "providerSession", "params", "signal"]);
  const checks = {
    local: flag,
    providerSession: optional(typed<boolean>("boolean")),
    params: parameters(LOGOUT_PARAMETER),
    signal: optional(abortSignal),
  };
  return readAll(checks, options);
}

/** Whether the session's access token, which has `leftMs` left, will do for the request. @internal */
export function satisfies(record: SessionRecord, request: TokenRequest, leftMs: number): boolean {
  const token = accessTokenOf(record);
  if (token === undefined || request.forceRefresh || request.refused.includes(token.token)) return false;
  return leftMs > 0 && leftMs >= neededMs(token, request.minValidityMs);
}
