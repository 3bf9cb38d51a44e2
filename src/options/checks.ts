/**
 * Checks of options. Each gives the value to use, or throws ConfigurationError with the option's name and what would be
 * right. A table of them reads an object of options, each option once.
 */
import { ConfigurationError } from "../errors.js";

/** `value` is what the program gave for `option`; `undefined` where it gave nothing. */
export type Check<T> = (value: unknown, option: string) => T;

type Checked<Checks> = { readonly [Name in keyof Checks]: Checks[Name] extends Check<infer T> ? T : never };

/** Timers clamp to 1 ms above 2^31-1 ms: a longer time would fire at once. */
const MOST_SECONDS = 2_147_483;
/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Reads what the table names. A time is `...Ms` in the table, in milliseconds, and `...Seconds` as an option. */
export function readAll<Checks extends Readonly<Record<string, Check<unknown>>>>(
  checks: Checks,
  options: object,
): Checked<Checks> {
  const read = Object.entries(checks).map(([name, check]) => {
    const option = name.replace(/Ms$/, "Seconds");
    return [name, readOne(option, () => check((options as Record<string, unknown>)[option], option))];
  });
  return Object.fromEntries(read) as Checked<Checks>;
}

/** A getter that throws, or a revoked Proxy, is an option that cannot be used. */
export function readOne<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    return refuse(option, "cannot be read.");
  }
}

export function refuse(option: string, problem: string): never {
  throw new ConfigurationError(option, `Option ${option}: ${problem}`);
}

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, option) =>
    value === undefined ? undefined : check(value, option);

const NOUNS = { string: "a string", boolean: "true or false", function: "a function", object: "an object" };

/** What JavaScript has of a type; `null` is no object, and nothing can be read of a revoked Proxy. */
export const typed =
  <T>(type: keyof typeof NOUNS): Check<T> =>
  (value, option) => {
    // biome-ignore lint/suspicious/useValidTypeof: it is one of the table
    if (typeof value !== type || value === null) refuse(option, `must be ${NOUNS[type]}.`);
    if (type === "object") readOne(option, () => Object.keys(value as object));
    return value as T;
  };

/** An object with these methods. */
export const withMethods =
  <T>(noun: string, methods: readonly string[]): Check<T> =>
  (value, option) => {
    const given = value as Readonly<Record<string, unknown>> | null | undefined;
    const fits = methods.every((name) => typeof given?.[name] === "function");
    return fits ? (value as T) : refuse(option, `must be ${noun}.`);
  };

export function text(value: unknown, option: string): string {
  return typeof value === "string" && value.trim() !== "" ? value : refuse(option, "must be a string, not empty.");
}

export const flag: Check<boolean> = (value = false, option) => typed<boolean>("boolean")(value, option);

export const callable = <T>(value: unknown, option: string) => optional(typed<T>("function"))(value, option);

export const oneOf =
  <const T extends string>(allowed: readonly T[], fallback: T | undefined = allowed[0]): Check<T> =>
  (value = fallback, option) =>
    allowed.includes(value as T) ? (value as T) : refuse(option, `must be one of ${allowed.join(", ")}.`);

/** A time in seconds, in milliseconds afterwards. */
export const seconds =
  (fallback: number, least: "0 or more" | "above 0" = "above 0"): Check<number> =>
  (value = fallback, option) =>
    typeof value === "number" && value <= MOST_SECONDS && (value > 0 || (value === 0 && least !== "above 0"))
      ? value * 1000
      : refuse(option, `must be a number of seconds, ${least}, at most ${MOST_SECONDS}.`);

export function list(value: unknown = [], option: string): readonly string[] {
  if (!Array.isArray(value)) refuse(option, "must be an array of strings.");
  // A hole in the array counts as an item.
  return [...new Set(Array.from(value, (item) => text(item, option)))];
}

export function scopes(value: unknown, option: string): readonly string[] {
  const items = list(value, option);
  return items.every((item) => SCOPE_TOKEN.test(item))
    ? items
    : refuse(option, "must hold scopes without blank, quote or control character (RFC 6749 §3.3).");
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

const address: Check<string> = (value, option) => (value instanceof URL ? value.href : text(value, option));

/** The issuer as the provider spells it (OpenID Connect Discovery 1.0 §3): https, or http to a loopback address where allowed. */
export const issuer =
  (allowHttp: boolean): Check<string> =>
  (value, option) => {
    const spelt = address(value, option);
    const url = /^https?:\/\/[^\s\\?#@]+$/i.test(spelt) && URL.canParse(spelt) ? new URL(spelt) : undefined;
    if (!url || (url.protocol === "http:" && !(allowHttp && isLoopback(url.hostname))))
      refuse(
        option,
        "must be an https URL without query, fragment or user name; http only for a loopback address with allowInsecureLoopback.",
      );
    // "https://host" and "https://host/" are one URL; with a path the slash is significant. The rest stays as it is spelt:
    // metadata that spells out a port or capital letters says the same in each token.
    return url.pathname === "/" ? spelt.replace(/\/$/, "") : spelt;
  };

/** Names and texts; `own` are the names that the client sets itself, in any spelling: some servers read names without case. */
export const parameters =
  (own: RegExp): Check<Readonly<Record<string, string>>> =>
  (value = {}, option) => {
    const given = typed<object>("object")(value, option);
    // Of a list, a Map or URLSearchParams nothing, or something else, would be sent.
    if (Symbol.iterator in given) refuse(option, "must be a plain object.");
    const params = Object.entries(given).map(([name, param]: [string, unknown]) => {
      if (own.test(name)) refuse(option, `${name} is set by the client itself.`);
      return [name, typeof param === "string" ? param : refuse(option, `${name} must be a string.`)];
    });
    return Object.freeze(Object.fromEntries(params) as Record<string, string>);
  };

/** An address that is asked: https, or http to a loopback address where allowed; no fragment, no user name. */
export const httpsUrl =
  (allowHttp: boolean): Check<string> =>
  (value, option) => {
    const url = URL.canParse(address(value, option)) ? new URL(address(value, option)) : undefined;
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && allowHttp && isLoopback(url.hostname));
    return url && isSafe && `${url.hash}${url.username}${url.password}` === ""
      ? url.href
      : refuse(
          option,
          "must be an https URL without fragment or user name; http only for a loopback address with allowInsecureLoopback.",
        );
  };

export const WANTED_URI = "must be an absolute URI without a fragment.";

/** A redirect URI: absolute, http(s) or an app's own scheme, without a fragment (RFC 6749 §3.1.2). */
export function redirectUri(value: unknown, option: string): string {
  const uri = address(value, option);
  const protocol = URL.canParse(uri) ? new URL(uri).protocol : "";
  const fits = protocol !== "" && !uri.includes("#") && !/^(javascript|data|blob|file|vbscript|about):$/.test(protocol);
  return fits ? uri : refuse(option, WANTED_URI);
}
