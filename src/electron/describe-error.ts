/** Errors as data that crosses to a renderer. Only named fields are copied: whatever else an error carries stays here. */
import { isKeystoneAuthError } from "../errors.js";
import type { ErrorData } from "./messages.js";

const LONGEST_TEXT = 2000;
const TEXTS = ["causeCode", "option", "error", "errorDescription", "claim", "reason", "kind"] as const;
const NUMBERS = ["status", "retryAfterSeconds"] as const;

export function describeError(error: unknown): ErrorData {
  if (!isKeystoneAuthError(error)) {
    // Not ours: its message may say anything.
    return {
      code: "environment",
      message: "The main process met a fault that it did not expect; the session is as it was.",
      retryable: false,
      sessionKept: true,
    };
  }
  const fields: Record<string, string | number> = {};
  const all = error as unknown as Record<string, unknown>;
  for (const name of TEXTS) {
    const value = all[name];
    if (typeof value === "string") fields[name] = value.slice(0, LONGEST_TEXT);
  }
  for (const name of NUMBERS) {
    const value = all[name];
    if (typeof value === "number") fields[name] = value;
  }
  return {
    ...fields,
    code: error.code,
    message: error.message.slice(0, LONGEST_TEXT),
    retryable: error.retryable,
    sessionKept: error.sessionKept,
  };
}
