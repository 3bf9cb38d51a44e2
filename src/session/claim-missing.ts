/** The account is signed in, and its access token lacks a claim that the program requires: a licence, for instance. */
import { TokenValidationError } from "../errors.js";
import type { ClientSettings } from "../options/config.js";
import { oneLine, quoted } from "../options/log.js";
import { missingClaim, readClaims, type RequiredClaims } from "../options/required-claims.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";

/** So long is a token that lacks a claim not renewed again. */
export const RENEW_AGAIN_MS = 30_000;

// Two copies of the library have two classes; the mark is the same in both.
const BRAND: unique symbol = Symbol.for("keystone-auth.claim-missing");

const LATER = `A later call asks the provider for another token, in one process or tab at most every ${RENEW_AGAIN_MS / 1000} s.`;
const WITH_LOGIN = "There is no refresh token: another access token comes with the next sign-in.";

/** What the session's access token lacks; `undefined` where it has what is required. */
export function claimMissing(
  record: SessionRecord,
  { requiredClaims }: Pick<ClientSettings, "requiredClaims">,
): TokenValidationError | undefined {
  const token = accessTokenOf(record)?.token;
  const name = token === undefined ? undefined : missingClaim(token, requiredClaims);
  if (token === undefined || name === undefined) return undefined;
  const text = readClaims(token) ? lacks(name, requiredClaims) : unreadable(name);
  const isRenewable = record.refreshToken !== undefined;
  const error = new TokenValidationError(name, `${text} ${isRenewable ? LATER : WITH_LOGIN}`);
  return Object.defineProperty(error, BRAND, { value: { isRenewable } });
}

/** @throws TokenValidationError (`token_validation`) where the session's access token lacks a claim that is required */
export function mustHaveClaims(record: SessionRecord, config: Pick<ClientSettings, "requiredClaims">): void {
  const error = claimMissing(record, config);
  if (error) throw error;
}

/** Whether a person is signed in all the same. */
export const isClaimMissing = (error: object): boolean => BRAND in error;

/** Whether a claim that is granted later comes without a sign-in. */
export const isRenewedForClaim = (error: object): boolean =>
  (error as { readonly [BRAND]?: { readonly isRenewable: boolean } })[BRAND]?.isRenewable === true;

/** What was found is not said: it is the token's, not the program's. */
function lacks(name: string, required: RequiredClaims): string {
  return (
    `The account is signed in, and lacks what this program requires: its access token has no claim ${quoted(name)}` +
    `${inWords(required[name])} (option requiredClaims). Ask whoever grants this account its licences or roles.`
  );
}

function inWords(wanted: RequiredClaims[string] | undefined): string {
  const list = (values: readonly unknown[]) => oneLine(values.map((value) => JSON.stringify(value)).join(", "), 200);
  if (wanted === null || wanted === undefined) return "";
  // It asks for a list, and for nothing in it.
  if (typeof wanted === "object" && wanted.length === 0) return " that is a list";
  return typeof wanted === "object" ? ` that lists ${list(wanted)}` : ` with ${list([wanted])}`;
}

function unreadable(name: string): string {
  return (
    `The access token cannot be read, so that nobody can tell whether it has the claim ${quoted(name)} (option requiredClaims): ` +
    "it is no JWT. Have the provider issue access tokens as JWTs, or leave the option out."
  );
}
