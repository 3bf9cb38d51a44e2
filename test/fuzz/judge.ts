/** What every run must hold, whatever was put in. */
import { isKeystoneAuthError, type KeystoneAuthError } from "../../src/errors.js";
import { secretsIn } from "../support/secrets-in.js";

const CODES = new Set(
  (
    "configuration discovery authorization_response provider token_validation response network timeout aborted " +
    "login_required storage lock_timeout popup environment"
  ).split(" "),
);
/** Far above what any run takes on a busy machine, far below a hang. */
const MOST_MS = 5000;

/** How a run ended: what it gave, or the error. */
export type End<T> = { readonly value: T; readonly error?: undefined } | { readonly error: KeystoneAuthError };

const pristine = [Object.prototype, Array.prototype, Function.prototype, Error.prototype].map(
  (prototype) => [prototype, Reflect.ownKeys(prototype).length] as const,
);

function expectNoPollution(): void {
  for (const [prototype, count] of pristine) {
    if (Reflect.ownKeys(prototype).length === count) continue;
    Reflect.deleteProperty(prototype, "polluted");
    throw new Error("a prototype was polluted");
  }
  if ("polluted" in {}) throw new Error("Object.prototype was replaced");
}

function expectDocumented(error: unknown, secrets: readonly string[]): asserts error is KeystoneAuthError {
  if (!isKeystoneAuthError(error)) {
    throw new Error(`not an error of the library: ${error instanceof Error ? error.stack : String(error)}`);
  }
  if (!CODES.has(error.code)) throw new Error(`not a documented code: ${error.code}`);
  if (typeof error.retryable !== "boolean" || typeof error.sessionKept !== "boolean")
    throw new Error("a flag is missing");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(error.message))
    throw new Error("control characters in a message");
  if (error.message.length > 1500) throw new Error(`a message of ${error.message.length} characters`);
  const leaked = secretsIn(error, secrets);
  if (leaked.length > 0) throw new Error(`the ${error.name} holds ${leaked.join(" and ")}`);
}

/** Runs the work and judges its end. `outcomes` counts the ends by their codes, to show that all of them are reached. */
export async function judge<T>(
  work: () => Promise<T>,
  secrets: readonly string[],
  outcomes: Map<string, number>,
): Promise<End<T>> {
  const began = performance.now();
  let end: End<T>;
  try {
    end = { value: await work() };
  } catch (error) {
    expectDocumented(error, secrets);
    end = { error };
  }
  if (performance.now() - began > MOST_MS) throw new Error(`it took ${Math.round(performance.now() - began)} ms`);
  expectNoPollution();
  const name = end.error?.code ?? "accepted";
  outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  return end;
}
