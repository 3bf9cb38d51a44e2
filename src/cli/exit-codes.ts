/** What the command's exit code says. The table in docs/cli.md is this one. */
import { type ErrorCode, isKeystoneAuthError } from "../errors.js";

export const EXIT = {
  ok: 0,
  /** Anything that has no code of its own, such as a browser or a port that cannot be had. */
  other: 1,
  /** The command line, an environment variable or the configuration file. */
  usage: 2,
  /** A person has to sign in, and this call may not ask for it. */
  signInNeeded: 3,
  /** The provider, or the person at its page, said no. */
  refused: 4,
  /** No answer, none in time, or one that no provider gives. Mostly worth another try. */
  network: 5,
  /** The session directory or its lock. */
  storage: 6,
  /** A token or an answer did not pass the checks; nothing of it was used. */
  validation: 7,
  /** `exec`: the command was found and cannot be run. */
  cannotRun: 126,
  /** `exec`: the command was not found. */
  notFound: 127,
  /** 128 and the number of the signal. */
  interrupted: 130,
} as const;

// By type every code of the library has its row.
const OF_ERRORS: Readonly<Record<ErrorCode, number>> = {
  configuration: EXIT.usage,
  login_required: EXIT.signInNeeded,
  provider: EXIT.refused,
  network: EXIT.network,
  timeout: EXIT.network,
  response: EXIT.network,
  discovery: EXIT.network,
  storage: EXIT.storage,
  lock_timeout: EXIT.storage,
  token_validation: EXIT.validation,
  authorization_response: EXIT.validation,
  aborted: EXIT.interrupted,
  environment: EXIT.other,
  popup: EXIT.other,
};

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  return isKeystoneAuthError(error) ? exitCodeOfCode(error.code) : EXIT.other;
}

/** The exit code for an error code of the library. */
export function exitCodeOfCode(code: ErrorCode): number {
  return OF_ERRORS[code] ?? EXIT.other;
}
