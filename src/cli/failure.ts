/** How a command fails: its exit code, and what it writes to stderr, a sentence for a person or with `--json` an object. */
import {
  type ErrorCode,
  GONE,
  isKeystoneAuthError,
  KEPT,
  type KeystoneAuthError,
  LoginRequiredError,
  type LoginRequiredReason,
  NO_TERMINAL,
} from "../errors.js";
import { oneLine } from "../options/log.js";
import { writeToPerson } from "./output.js";
import { stylesOf } from "./terminal.js";

/** What each says stands in docs/cli.md. */
export const EXIT = {
  ok: 0,
  other: 1,
  usage: 2,
  signInNeeded: 3,
  refused: 4,
  network: 5,
  storage: 6,
  validation: 7,
  /** `exec`: the command was found and cannot be run. */
  cannotRun: 126,
  /** `exec`: the command was not found. */
  notFound: 127,
  /** 128 and the number of the signal. */
  interrupted: 130,
} as const;

// By type every code of the library has its row.
const EXIT_OF: Readonly<Record<ErrorCode, number>> = {
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

/** The library speaks of calls and options; a person at a command line has commands. */
const REASONS: Readonly<Record<LoginRequiredReason, string>> = {
  no_session: "Nobody is signed in, or the session cannot be renewed, and this call may not ask a person.",
  refresh_rejected: "The provider has ended the session, and this call may not ask a person.",
  signed_out: "The session was signed out while this call ran.",
  user_changed: "Another user has signed in meanwhile.",
  provider_requires_interaction: "The provider wants to ask a person, and this call may not.",
  framed: "A person has to sign in.",
};

const FORBIDDEN = "A sign-in asks a person, and --non-interactive or CEGAL_KEYSTONE_NON_INTERACTIVE forbids that.";

/** A person is needed and may not be asked, told in the words of the command. [`login` itself] */
export class SignInForbidden extends LoginRequiredError {
  constructor(why = FORBIDDEN) {
    super("no_session", why);
  }
}

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  if (!isKeystoneAuthError(error)) return EXIT.other;
  if (error.code === "environment" && error.causeCode === NO_TERMINAL) return EXIT.signInNeeded;
  return EXIT_OF[error.code] ?? EXIT.other;
}

/** Gives the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const exitCode = exitCodeOf(error);
  const text = json
    ? JSON.stringify({ error: failureOf(error, exitCode) })
    : `${stylesOf("stderr").red("keystone-auth:")} ${messageOf(error)}`;
  writeToPerson(`${text}\n`);
  return exitCode;
}

/** With all fields of an error of the library: it carries no secret. */
export function failureOf(error: unknown, exitCode: number): Readonly<Record<string, unknown>> {
  const common = { message: messageOf(error), exitCode };
  if (!isKeystoneAuthError(error)) return { code: "unknown", ...common };
  const { name: _, code, ...fields } = error;
  return { code, ...common, ...fields };
}

/** The same error with what became of the session, as the command knows it. */
export function saying<E extends KeystoneAuthError>(error: E, what: string, sessionKept: boolean): E {
  const copy = Object.create(Object.getPrototypeOf(error) as object, Object.getOwnPropertyDescriptors(error)) as E;
  const message = [KEPT, GONE].reduce((text, end) => text.replace(` ${end}`, ""), error.message);
  return Object.assign(copy, { message: `${message} ${what}`, sessionKept });
}

function messageOf(error: unknown): string {
  if (isKeystoneAuthError(error)) {
    const saysCommands = error.code !== "login_required" || error instanceof SignInForbidden;
    if (saysCommands) return oneLine(error.message, 2000);
    return `${REASONS[(error as LoginRequiredError).reason]} Run: keystone-auth login`;
  }
  // The messages of foreign errors may hold whatever was being worked on.
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const what = [name, code].filter((part) => typeof part === "string").join(", ") || typeof error;
  return oneLine(`A fault that is not foreseen (${what}). Please report it with the command that you ran.`);
}
