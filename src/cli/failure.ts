/** What a command that failed writes to stderr: a sentence for a person, or with `--json` an object. */
import {
  isKeystoneAuthError,
  type KeystoneAuthError,
  LoginRequiredError,
  type LoginRequiredReason,
} from "../errors.js";
import { oneLine } from "../options/log.js";
import { exitCodeOf } from "./exit-codes.js";
import { writeToPerson } from "./output.js";
import { stylesOf } from "./terminal.js";

const MOST_CHARACTERS = 2000;
const DETAILS = [
  "reason",
  "option",
  "kind",
  "claim",
  "error",
  "errorDescription",
  "status",
  "retryAfterSeconds",
  "causeCode",
] as const;

/** The library speaks of calls and options; a person at a command line has commands. */
const REASONS: Readonly<Record<LoginRequiredReason, string>> = {
  no_session: "Nobody is signed in, or the session cannot be renewed, and this call may not ask a person.",
  refresh_rejected: "The provider has ended the session, and this call may not ask a person.",
  signed_out: "The session was signed out while this call ran.",
  user_changed: "Another user has signed in meanwhile.",
  provider_requires_interaction: "The provider wants to ask a person, and this call may not.",
  framed: "A person has to sign in.",
};

/** `login` itself, where nobody may be asked. */
export class SignInForbidden extends LoginRequiredError {
  constructor() {
    super(
      "no_session",
      "A sign-in asks a person, and --non-interactive or CEGAL_KEYSTONE_NON_INTERACTIVE forbids that.",
    );
  }
}

/** Gives the exit code. */
export function reportFailure(error: unknown, json: boolean): number {
  const exitCode = exitCodeOf(error);
  if (json) {
    writeToPerson(`${JSON.stringify({ error: failureOf(error, exitCode) })}\n`);
    return exitCode;
  }
  const { red } = stylesOf("stderr");
  writeToPerson(`${red("keystone-auth:")} ${messageOf(error)}\n`);
  return exitCode;
}

function messageOf(error: unknown): string {
  if (isLoginRequired(error) && !(error instanceof SignInForbidden))
    return `${REASONS[error.reason]} Run: keystone-auth login`;
  if (isKeystoneAuthError(error)) return oneLine(error.message, MOST_CHARACTERS);
  // The messages of foreign errors may hold whatever was being worked on.
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const what = [name, code].filter((part) => typeof part === "string").join(", ");
  return oneLine(
    `A fault that is not foreseen (${what || typeof error}). Please report it with the command that you ran.`,
  );
}

function isLoginRequired(error: unknown): error is LoginRequiredError {
  return isKeystoneAuthError(error) && error.code === "login_required";
}

export function failureOf(error: unknown, exitCode: number): Readonly<Record<string, unknown>> {
  const common = { message: messageOf(error), exitCode };
  if (!isKeystoneAuthError(error)) return { code: "unknown", ...common };
  const { code, retryable, sessionKept } = error;
  return { code, ...common, retryable, sessionKept, ...detailsOf(error) };
}

function detailsOf(error: KeystoneAuthError): Readonly<Record<string, unknown>> {
  const known = error as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries(DETAILS.filter((name) => known[name] !== undefined).map((name) => [name, known[name]]));
}
