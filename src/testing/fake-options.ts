/** What a test gives the client for unit tests, checked as a client checks its options. */
import { type Check, readAll, refuse, text, typed } from "../options/checks.js";
import { mustBeNamed } from "../options/names.js";
import type { IdTokenClaims } from "../token-set.js";

export interface FakeClientOptions {
  /** The access token; each renewal and each `signIn()` gives another: "-2", "-3" and so on are put behind it. ["fake-access-token"] */
  readonly token?: string | undefined;
  /** Claims of the ID Token, beside `iss`, `sub` ("fake-user"), `aud`, `iat` and `exp`, or in their place. [none] */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** What each call rejects with that gives a token or claims, or signs in. [none] */
  readonly error?: unknown;
}

/** How long a token of the fake client lives. */
export const LIFETIME_SECONDS = 3600;

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isTime = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

/** What no ID Token is without, and so what code under test relies on. */
const WANTED: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  iss: ["a string, not empty", isText],
  sub: ["a string, not empty", isText],
  aud: ["a string or a list of strings", (value) => isText(value) || (Array.isArray(value) && value.every(isText))],
  iat: ["a number of seconds since 1970", isTime],
  exp: ["a number of seconds since 1970", isTime],
};

/** Claims are JSON. One that is undefined is none. */
export function copyOf<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const entries = Object.entries(value).filter(([, claim]) => claim !== undefined);
  return Object.fromEntries(entries.map(([name, claim]) => [name, copyOf(claim)])) as T;
}

const claims: Check<IdTokenClaims> = (value = {}, option) => {
  const given = typed<object>("object")(value, option);
  if (Symbol.iterator in given) refuse(option, "must be a plain object.");
  const iat = Math.floor(Date.now() / 1000);
  const usual = { iss: "https://issuer.test", sub: "fake-user", aud: "fake-client", iat, exp: iat + LIFETIME_SECONDS };
  const all: IdTokenClaims = { ...usual, ...copyOf(given) };
  for (const [name, [noun, fits]] of Object.entries(WANTED))
    if (!fits(all[name])) refuse(option, `${name} must be ${noun}.`);
  return all;
};

const CHECKS = {
  token: ((value = "fake-access-token", option) => text(value, option)) satisfies Check<string>,
  claims,
  error: (value: unknown) => value,
} as const satisfies Record<keyof FakeClientOptions, Check<unknown>>;

/** Throws ConfigurationError. */
export function readFakeOptions(options: FakeClientOptions = {}) {
  typed<object>("object")(options, "options");
  mustBeNamed(options, Object.keys(CHECKS));
  return readAll(CHECKS, options);
}
