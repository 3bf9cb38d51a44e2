/** What every run must hold, whatever was put in. */
import { isKeystoneAuthError, type KeystoneAuthError } from "../../src/errors.js";
import { secretsIn } from "../support/secrets-in.js";

const CODES = new Set(
  (
    "configuration discovery authorization_response provider token_validation response network timeout aborted " +
    "login_required storage lock_timeout popup environment"
  ).split(" "),
);
/** Of the processor's time, so that a busy machine is no failure; far above what any run takes. */
const MOST_CPU_MS = 5000;
/** Only a run that waits for something that never comes takes so long. */
const MOST_MS = 60_000;

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

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it never settled")), MOST_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs the work and judges its end. `outcomes` counts the ends by their codes, to show that all of them are reached. */
export async function judge<T>(
  work: () => Promise<T>,
  secrets: readonly string[],
  outcomes: Map<string, number>,
): Promise<End<T>> {
  const began = process.cpuUsage();
  let end: End<T>;
  try {
    end = { value: await inTime(work()) };
  } catch (error) {
    expectDocumented(error, secrets);
    end = { error };
  }
  const { user, system } = process.cpuUsage(began);
  if (user + system > MOST_CPU_MS * 1000) throw new Error(`it took ${(user + system) / 1000} ms of the processor`);
  expectNoPollution();
  const name = end.error?.code ?? "accepted";
  outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  return end;
}
