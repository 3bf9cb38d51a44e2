/**
 * Reads what a renderer sent. Nothing in it is trusted: only named own properties of plain objects are read, each of
 * a known type and size, and what has a name that is not known is refused.
 */
import { ConfigurationError } from "../../errors.js";
import { type CallMessage, type CallOptions, METHODS, VERSION } from "../messages.js";

/** As far as is known, no access token that a provider issues comes near. */
const LONGEST_TOKEN = 65_536;
const MOST_SECONDS = 2_147_483;

type Check = (value: unknown) => boolean;
const isFlag: Check = (value) => typeof value === "boolean";

/** Which options a method takes. Maps: a name such as `__proto__` or `constructor` finds nothing in them. */
const tokenOptions = new Map<string, Check>([
  ["interaction", (value) => value === "allowed" || value === "never"],
  ["minValiditySeconds", (value) => typeof value === "number" && value >= 0 && value <= MOST_SECONDS],
  ["forceRefresh", isFlag],
  ["rejectedToken", (value) => typeof value === "string" && value.length <= LONGEST_TOKEN],
]);
const signOutOptions = new Map<string, Check>([
  ["local", isFlag],
  ["providerSession", isFlag],
]);
const noOptions = new Map<string, Check>();
const optionsOf = new Map<string, ReadonlyMap<string, Check>>(
  [...METHODS, "cancel"].map((method) => [
    method,
    method === "getTokenSet" ? tokenOptions : method === "signOut" ? signOutOptions : noOptions,
  ]),
);

const fields = new Map<string, Check>([
  ["version", (value) => typeof value === "number"],
  ["page", (value) => typeof value === "string" && /^[0-9a-f]{32}$/.test(value)],
  ["id", (value) => Number.isSafeInteger(value) && (value as number) > 0],
  ["method", (value) => typeof value === "string" && optionsOf.has(value)],
  ["options", () => true],
  ["userActivation", isFlag],
]);

/** @throws ConfigurationError (`configuration`) that names the part at fault and never repeats it */
export function readCall(message: unknown): CallMessage {
  const call = readFields("message", message, fields);
  for (const name of fields.keys()) if (!call.has(name)) refuseMessage(name, "is missing");
  if (call.get("version") !== VERSION) {
    refuseMessage("version", "is another one: main process and renderer have different releases of keystone-auth");
  }
  const method = call.get("method") as CallMessage["method"];
  const options = readFields("options", call.get("options"), optionsOf.get(method) ?? noOptions);
  return { ...Object.fromEntries(call), options: Object.fromEntries(options) as CallOptions } as CallMessage;
}

function readFields(part: string, value: unknown, checks: ReadonlyMap<string, Check>): Map<string, unknown> {
  if (!isPlainObject(value)) refuseMessage(part, "must be a plain object");
  const names = Object.getOwnPropertyNames(value);
  const found = new Map<string, unknown>();
  // A name is not repeated: it may be as long as the sender likes.
  if (names.length > checks.size) refuseMessage(part, "has more properties than there are");
  for (const name of names) {
    const check = checks.get(name);
    if (check === undefined) refuseMessage(part, "has a property that is not known here");
    const own = (value as Record<string, unknown>)[name];
    // What the page left out may cross as undefined.
    if (own === undefined) continue;
    if (!check(own)) refuseMessage(name, "has a value that is not allowed");
    found.set(name, own);
  }
  return found;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}

function refuseMessage(part: string, problem: string): never {
  throw new ConfigurationError(part, `The main process refused the call: its ${part} ${problem}. Nothing was done.`);
}
