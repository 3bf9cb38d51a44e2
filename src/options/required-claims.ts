/** The claims that an access token must have: how a program names them, and whether a token has them. */
import { claimsOf } from "../token-set.js";
import { type Check, refuse, typed } from "./checks.js";

/** What a claim holds, as far as it can be asked for. */
export type ClaimValue = string | number | boolean;

/** By the names of claims. `null`: it is there; a value: equal, or in the claim's list; a list: each of them in the claim's list. */
export type RequiredClaims = Readonly<Record<string, ClaimValue | null | readonly ClaimValue[]>>;

const isValue = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

/** @internal Copied and frozen. What cannot be asked for is refused: left out, it would let everybody in. */
export const requiredClaims: Check<RequiredClaims> = (value = {}, option) => {
  const given = typed<object>("object")(value, option);
  // A promise or a Map would ask for nothing.
  if (Object.prototype.toString.call(given) !== "[object Object]") refuse(option, "must be a plain object.");
  const claims = Object.entries(given).map(([name, wanted]: [string, unknown]) => {
    // A hole in the array counts as an item.
    const copy: unknown = Array.isArray(wanted) ? Object.freeze(Array.from(wanted)) : wanted;
    const fits = name.trim() !== "" && (copy === null || [copy].flat().every(isValue));
    const kinds = "a string, a number, true, false, a list of these, or null";
    return fits ? [name, copy] : refuse(option, `the claim "${name}" needs a name, and as its value ${kinds}.`);
  });
  return Object.freeze(Object.fromEntries(claims) as RequiredClaims);
};

/** @internal The claims of a JWT; `undefined` where the token cannot be read. */
export function readClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims: unknown = token.split(".").length === 3 ? claimsOf(token) : undefined;
    const isObject = typeof claims === "object" && claims !== null && !Array.isArray(claims);
    return isObject ? (claims as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** @internal The name of the first claim that the access token lacks. One that cannot be read lacks them all. */
export function missingClaim(token: string, required: RequiredClaims): string | undefined {
  const names = Object.keys(required);
  if (names.length === 0) return undefined;
  const claims = readClaims(token) ?? {};
  return names.find((name) => !fits(Object.hasOwn(claims, name) ? claims[name] : undefined, required[name]));
}

/** A claim that is null counts as absent (OpenID Connect Core 1.0 §5.3.2). */
function fits(found: unknown, wanted: RequiredClaims[string] | undefined): boolean {
  if (found === undefined || found === null || wanted === undefined) return false;
  if (wanted === null) return true;
  const isList = Array.isArray(found);
  // One value is no list of one: who asks for a list asks for a claim that can hold several.
  if (typeof wanted === "object") return isList && wanted.every((each) => found.includes(each));
  return isList ? found.includes(wanted) : found === wanted;
}
