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

export function mustBeObject(value: unknown, option: string, problem: string): asserts value is object {
  if (typeof value !== "object" || value === null) refuse(option, problem);
  // Of a revoked Proxy nothing can be read: better said here than at the first use.
  readOne(option, () => Object.keys(value));
}

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, option) =>
    value === undefined ? undefined : check(value, option);

export function text(value: unknown, option: string): string {
  return typeof value === "string" && value.trim() !== ""
    ? value
    : refuse(option, "must be a string that is not empty.");
}

export function flag(value: unknown = false, option: string): boolean {
  return typeof value === "boolean" ? value : refuse(option, "must be true or false.");
}

export const oneOf =
  <const T extends string>(allowed: readonly T[], fallback: T | undefined = allowed[0]): Check<T> =>
  (value = fallback, option) =>
    allowed.includes(value as T) ? (value as T) : refuse(option, `must be one of ${allowed.join(", ")}.`);

/** A time in seconds, given back in milliseconds. */
export const seconds =
  (fallback: number, least: "0 or more" | "above 0" = "above 0"): Check<number> =>
  (value = fallback, option) => {
    const fits =
      typeof value === "number" && value <= MOST_SECONDS && (value > 0 || (value === 0 && least !== "above 0"));
    return fits ? value * 1000 : refuse(option, `must be a number of seconds, ${least}, at most ${MOST_SECONDS}.`);
  };

export function callable<T>(value: unknown, option: string): T | undefined {
  if (value !== undefined && typeof value !== "function") refuse(option, "must be a function.");
  return value as T | undefined;
}

export function list(value: unknown = [], option: string): string[] {
  if (!Array.isArray(value)) refuse(option, "must be an array of strings.");
  // A hole in the array counts as an item.
  return [...new Set(Array.from(value, (item) => text(item, option)))];
}

export function scopes(value: unknown, option: string): string[] {
  const items = list(value, option);
  if (!items.every((item) => SCOPE_TOKEN.test(item))) {
    refuse(option, "holds a scope with a blank, quote or control character (RFC 6749 §3.3).");
  }
  return items;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The issuer as the provider spells it (OpenID Connect Discovery 1.0 §3): https, or http to a loopback address where allowed. */
export const issuer =
  (allowHttp: boolean): Check<string> =>
  (value, option) => {
    const given = value instanceof URL ? value.href : text(value, option);
    if (!/^https?:\/\/[^\s\\?#@]+$/.test(given) || !URL.canParse(given)) {
      refuse(option, "must be an https URL without query, fragment or user name.");
    }
    const url = new URL(given);
    if (url.protocol === "http:" && !(allowHttp && isLoopback(url.hostname))) {
      refuse(option, "http is refused, but for a loopback address with allowInsecureLoopback: true.");
    }
    // "https://host" and "https://host/" are one URL; with a path the slash is significant. The rest stays as it is spelt:
    // metadata that spells out a port or capital letters says the same in each token.
    return url.pathname === "/" ? given.replace(/\/$/, "") : given;
  };

/** A redirect URI: absolute, http(s) or an app's own scheme, without a fragment (RFC 6749 §3.1.2). */
export function redirectUri(value: unknown, option: string): string {
  const given = value instanceof URL ? value.href : text(value, option);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || given.includes("#") || /^(javascript|data|blob|file|vbscript|about):$/.test(url.protocol)) {
    refuse(option, "must be an absolute URI without a fragment (RFC 6749 §3.1.2).");
  }
  return given;
}
