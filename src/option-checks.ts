/** Checks of single values. Each throws ConfigurationError with the option's name and what would be right. */
import { ConfigurationError } from "./errors.js";

/** Timers clamp to 1 ms above 2^31-1 ms: a longer time would fire at once. */
const MOST_SECONDS = 2_147_483;
/** RFC 6749 §3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export function refuse(option: string, problem: string): never {
  throw new ConfigurationError(option, `Option ${option}: ${problem}`);
}

export function text(option: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") refuse(option, "must be a string that is not empty.");
  return value;
}

export function flag(option: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") refuse(option, "must be true or false.");
  return value ?? false;
}

export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  if (!allowed.includes(value as T)) refuse(option, `must be one of ${allowed.join(", ")}.`);
  return value as T;
}

/** A time in seconds, given back in milliseconds. */
export function milliseconds(
  option: string,
  value: unknown,
  fallback: number,
  least: "0" | "above 0" = "above 0",
): number {
  const seconds = value ?? fallback;
  const fits = typeof seconds === "number" && seconds <= MOST_SECONDS && (least === "0" ? seconds >= 0 : seconds > 0);
  if (!fits)
    refuse(option, `must be a number of seconds, ${least === "0" ? "0 or more" : "above 0"}, at most ${MOST_SECONDS}.`);
  return seconds * 1000;
}

export function callable<T>(option: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== "function") refuse(option, "must be a function.");
  return value;
}

export function list(option: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) refuse(option, "must be an array of strings.");
  for (const item of value) text(option, item);
  return [...new Set(value as string[])];
}

export function scopes(option: string, value: unknown): string[] {
  const items = list(option, value);
  for (const item of items) {
    if (!SCOPE_TOKEN.test(item))
      refuse(option, "holds a scope with a blank, quote or control character (RFC 6749 §3.3).");
  }
  return items;
}

/** A resource indicator: an absolute URI without a fragment (RFC 8707 §2). */
export function resource(option: string, value: string): string {
  if (!/^[a-z][a-z0-9+.-]*:[^\s#]+$/i.test(value) || !URL.canParse(value)) {
    refuse(option, "must be an absolute URI without a fragment (RFC 8707 §2).");
  }
  return value;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** The issuer as the provider spells it (OpenID Connect Discovery 1.0 §3): https, or http to a loopback address where allowed. */
export function issuer(option: string, value: unknown, allowHttp: boolean): string {
  const given = value instanceof URL ? value.href : text(option, value);
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
}

/** A redirect URI: absolute, http(s) or an app's own scheme, without a fragment (RFC 6749 §3.1.2). */
export function redirectUri(option: string, value: unknown): string {
  const given = value instanceof URL ? value.href : text(option, value);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || given.includes("#") || /^(javascript|data|blob|file|vbscript|about):$/.test(url.protocol)) {
    refuse(option, "must be an absolute URL without a fragment (RFC 6749 §3.1.2).");
  }
  return given;
}
