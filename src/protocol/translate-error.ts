/**
 * Errors of the engine library as ours. Its causes hold whole responses, states and codes, so that none of them may
 * leave this room: what comes out carries a claim's name at most.
 */
import { OperationProcessingError, UnsupportedOperationError } from "oauth4webapi";
import { isKeystoneAuthError, type KeystoneAuthError, ResponseError, TokenValidationError } from "../errors.js";

const KEPT = "Nothing was stored; the session is as it was.";

function claimMessage(claim: string): string {
  const time = claim === "exp" || claim === "nbf" || claim === "auth_time";
  return `The ID Token is not valid: its "${claim}" is missing or wrong. ${KEPT}${time ? " If this happens often, check this machine's clock." : ""}`;
}

/** Translates what the engine threw while it read a token response. */
export function translateTokenError(error: unknown): KeystoneAuthError {
  if (isKeystoneAuthError(error)) return error;
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError) {
    // The engine names the claim beside the claims themselves, or in its message only: 'JWT "exp" (expiration time) claim missing'.
    const told = (error.cause as { claim?: unknown } | undefined)?.claim;
    const claim = typeof told === "string" ? told : /(?:JWT|ID Token) "(\w+)"/.exec(error.message)?.[1];
    if (claim !== undefined) return new TokenValidationError(claim, claimMessage(claim));
    if (/JWT|JWE/.test(error.message)) {
      return new TokenValidationError("format", `The ID Token is no signed JWT that can be read. ${KEPT}`);
    }
    const member = /body "(\w+)" property/.exec(error.message)?.[1];
    const problem = member ? `its "${member}" is missing or unusable` : "it is not what RFC 6749 §5.1 describes";
    return new ResponseError(`The token endpoint's answer cannot be used: ${problem}. ${KEPT} Try again.`);
  }
  return new ResponseError(`The token endpoint's answer cannot be used. ${KEPT} Try again.`);
}
