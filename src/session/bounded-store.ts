/** A store whose calls end in time and fail in one way: with StorageError. */
import { isKeystoneAuthError, StorageError } from "../errors.js";
import type { Clock, KeyValueStore } from "../ports.js";

/** Reduces whatever a store throws to its code: a message of a foreign store could hold a record. */
export function storageError(error: unknown, doing: "read" | "written"): StorageError {
  if (isKeystoneAuthError(error) && error.code === "storage") return error as StorageError;
  const { name, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
  };
  const full = name === "QuotaExceededError" || code === "ENOSPC" || code === "EDQUOT";
  const cause = typeof code === "string" ? code : typeof name === "string" ? name : undefined;
  return new StorageError(
    full ? "full" : "unavailable",
    `The session store could not be ${doing}${full ? ": no space is left" : ""}. What it holds is as it was; the call may be repeated.`,
    { causeCode: cause },
  );
}

/**
 * Calls a store with a time limit. A write that was given up may still land later: whoever writes compares before.
 */
export async function bounded<T>(
  clock: Clock,
  timeoutMs: number,
  doing: "read" | "written",
  call: () => Promise<T>,
): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    const message = `The session store did not answer within ${timeoutMs / 1000} s. What it holds is as it was.`;
    cancel = clock.after(timeoutMs, () => reject(new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" })));
  });
  try {
    return await Promise.race([Promise.resolve(call()), late]);
  } catch (error) {
    throw storageError(error, doing);
  } finally {
    cancel();
  }
}

/** The three calls of a store under one time limit. `onLate` is told of a value that was written after it was given up. */
export function boundStore(store: KeyValueStore, clock: Clock, timeoutMs: number, onLate: (value: unknown) => void) {
  return {
    get: (key: string) => bounded(clock, timeoutMs, "read", () => store.get(key)),
    set: async (key: string, value: unknown) => {
      let isGivenUp = false;
      try {
        await bounded(clock, timeoutMs, "written", () => {
          const writing = Promise.resolve(store.set(key, value));
          writing.then(
            () => isGivenUp && onLate(value),
            () => {},
          );
          return writing;
        });
      } catch (error) {
        isGivenUp = true;
        throw error;
      }
    },
    delete: (key: string) => bounded(clock, timeoutMs, "written", () => store.delete(key)),
  };
}
