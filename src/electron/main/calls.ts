/**
 * The calls of a renderer. Nothing in what it sent is trusted: only named own properties of plain objects are read, each of
 * a known type and size, and what has a name that is not known is refused.
 */
import type { OidcClientCore } from "../../client/client.js";
import type { SignOutResult } from "../../client/sign-out-result.js";
import { ConfigurationError, EnvironmentError, isKeystoneAuthError, LoginRequiredError } from "../../errors.js";
import type { GetTokenOptions } from "../../options/call.js";
import { describeError, withMessage } from "../errors.js";
import { type CallMessage, type CallOptions, METHODS, type SignOutData, VERSION } from "../messages.js";
import { claimsForPage, tokenSetForPage } from "./page-data.js";
import type { InteractionRequest } from "./serve-options.js";

/** As far as is known, no access token that a provider issues comes near. */
const LONGEST_TOKEN = 65_536;
const MOST_SECONDS = 2_147_483;

type Check = (value: unknown) => boolean;
/** By name. Maps: a name such as `__proto__` or `constructor` finds nothing in them. */
type Checks = ReadonlyMap<string, Check>;
const isFlag: Check = (value) => typeof value === "boolean";
const isText: Check = (value) => typeof value === "string" && value.length <= 2000;

/** The client refuses names that are its own. */
const isParameters: Check = (value) =>
  isPlainObject(value) && Object.getOwnPropertyNames(value).length <= 20 && Object.values(value).every(isText);

const noOptions: Checks = new Map();
const tokenOptions: Checks = new Map<string, Check>([
  ["interaction", (value) => value === "auto" || value === "allowed" || value === "never"],
  ["minValiditySeconds", (value) => typeof value === "number" && value >= 0 && value <= MOST_SECONDS],
  ["forceRefresh", isFlag],
  ["rejectedToken", (value) => typeof value === "string" && value.length <= LONGEST_TOKEN],
]);
const signInOptions: Checks = new Map<string, Check>([
  ["prompt", isText],
  ["loginHint", isText],
  ["acrValues", isText],
  ["maxAgeSeconds", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  ["authorizationParams", isParameters],
]);
const signOutOptions: Checks = new Map([
  ["local", isFlag],
  ["providerSession", isFlag],
  ["params", isParameters],
]);
const optionsOf: ReadonlyMap<string, Checks> = new Map<string, Checks>([
  ...[...METHODS, "cancel"].map((method) => [method, noOptions] as const),
  ["getTokenSet", tokenOptions],
  ["getUserInfo", tokenOptions],
  ["signIn", signInOptions],
  ["signOut", signOutOptions],
]);
const fields: Checks = new Map<string, Check>([
  ["version", (value) => typeof value === "number"],
  ["page", (value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value)],
  ["id", (value) => Number.isSafeInteger(value) && (value as number) > 0],
  ["method", (value) => typeof value === "string" && optionsOf.has(value)],
  ["options", () => true],
  ["userActivation", isFlag],
]);

/** @throws ConfigurationError (`configuration`) that names the part at fault and never repeats it @internal */
export function readCall(message: unknown): CallMessage {
  const call = readFields("message", message, fields);
  for (const name of fields.keys()) if (!call.has(name)) refuseMessage(name, "is missing");
  if (call.get("version") !== VERSION) {
    refuseMessage("version", "is another one: main process and renderer have different releases of keystone-auth");
  }
  const options = readFields("options", call.get("options"), optionsOf.get(call.get("method") as string) ?? noOptions);
  return { ...Object.fromEntries(call), options: Object.fromEntries(options) } as unknown as CallMessage;
}

function readFields(part: string, value: unknown, checks: Checks): Map<string, unknown> {
  if (!isPlainObject(value)) refuseMessage(part, "must be a plain object");
  const names = Object.getOwnPropertyNames(value);
  const found = new Map<string, unknown>();
  // A name is not repeated: it may be as long as the sender likes.
  if (names.length > checks.size) refuseMessage(part, "has more properties than there are");
  for (const name of names) {
    const check = checks.get(name);
    if (check === undefined) refuseMessage(part, "has a property that is not known here");
    const own = value[name];
    // What the page left out may cross as undefined.
    if (own === undefined) continue;
    if (!check(own)) refuseMessage(name, "has a value that is not allowed");
    found.set(name, own);
  }
  return found;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}

function refuseMessage(part: string, problem: string): never {
  throw new ConfigurationError(part, `The main process refused the call: its ${part} ${problem}. Nothing was done.`);
}

/** What `serveTokens` needs of a client: the `OidcClient` of `keystone-auth/node` has it. */
export type ServedClient = Pick<
  OidcClientCore,
  | "getTokenSet"
  | "getIdTokenClaims"
  | "getUserInfo"
  | "signIn"
  | "signOut"
  | "destroyTokens"
  | "destroyAccessToken"
  | "on"
  | "session"
  | "ready"
>;

/** @internal */
export interface CallTools {
  readonly client: ServedClient;
  readonly signal: AbortSignal;
  /** Whether this call may ask a person. */
  readonly mayAsk: (method: InteractionRequest["method"]) => Promise<boolean>;
}

const ASK_BY_ACTION =
  "The main process did not let this call ask a person: make it in a click, or see allowInteraction of serveTokens.";

/** @internal */
export async function perform({ method, options }: CallMessage, tools: CallTools): Promise<unknown> {
  const { client, signal } = tools;
  switch (method) {
    case "ready":
      return await client.ready;
    case "getTokenSet":
      return tokenSetForPage(await byToken(method, options, tools, (own) => client.getTokenSet(own)));
    case "getUserInfo":
      return await byToken(method, options, tools, (own) => client.getUserInfo(own));
    case "getIdTokenClaims":
      return claimsForPage(await client.getIdTokenClaims());
    case "signIn":
      if (await tools.mayAsk(method)) return await client.signIn({ ...options, signal });
      throw new LoginRequiredError("no_session", ASK_BY_ACTION);
    case "signOut": {
      const { revocation, providerSession, errors } = await signOut(options, tools);
      return { revocation, providerSession, errors: errors.map(describeError) } satisfies SignOutData;
    }
    case "destroyTokens":
      return await client.destroyTokens();
    case "destroyAccessToken":
      return await client.destroyAccessToken();
    case "subscribe":
    case "cancel":
      // Whoever has called gets the events; what a cancel is for has been done.
      return undefined;
  }
}

/** A call that needs a token: it may ask a person where this call may. */
async function byToken<T>(
  method: InteractionRequest["method"],
  options: CallOptions,
  { signal, mayAsk }: CallTools,
  call: (options: GetTokenOptions) => Promise<T>,
): Promise<T> {
  // Nothing said: the client's own option decides, where the call may ask at all.
  if (options.interaction === "never" || (await mayAsk(method))) return await call({ ...options, signal });
  try {
    return await call({ ...options, interaction: "never", signal });
  } catch (error) {
    if (!isKeystoneAuthError(error) || error.code !== "login_required") throw error;
    const refused = new LoginRequiredError((error as LoginRequiredError).reason, ASK_BY_ACTION, error);
    throw withMessage(refused, `${ASK_BY_ACTION} ${error.message}`);
  }
}

async function signOut(options: CallOptions, { client, signal, mayAsk }: CallTools): Promise<SignOutResult> {
  const showsPage = options.providerSession === true && options.local !== true;
  if (!showsPage || (await mayAsk("signOut"))) return await client.signOut({ ...options, signal });
  const result = await client.signOut({ ...options, providerSession: false, signal });
  const message = `The provider's own session was not ended. ${ASK_BY_ACTION}`;
  const error = new EnvironmentError(message, { sessionKept: false });
  return { ...result, providerSession: "failed", errors: [...result.errors, error] };
}
