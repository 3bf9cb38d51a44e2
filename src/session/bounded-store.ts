/** A store whose calls end in time and fail in one way: with StorageError. */
import { isKeystoneAuthError, StorageError } from "../errors.js";
import type { Clock, KeyValueStore } from "../ports.js";
import { beforeDeadline } from "../settle.js";

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

/** The three calls of a store under one time limit. `onLate` is told of a value that was written after it was given up. */
export function boundStore(
  store: KeyValueStore,
  clock: Clock,
  timeoutMs: number,
  onLate: (value: unknown) => void,
): Omit<KeyValueStore, "lock"> {
  const late = () => {
    const message = `The session store did not answer within ${timeoutMs / 1000} s. What it holds is as it was.`;
    return new StorageError("unavailable", message, { causeCode: "ETIMEDOUT" });
  };
  const bounded = <T>(doing: "read" | "written", call: () => Promise<T>): Promise<T> =>
    beforeDeadline(clock, timeoutMs, late, call).catch((error: unknown) => {
      throw storageError(error, doing);
    });
  return {
    get: (key) => bounded("read", () => store.get(key)),
    set: async (key, value) => {
      let isGivenUp = false;
      try {
        await bounded("written", () => {
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
    delete: (key) => bounded("written", () => store.delete(key)),
  };
}
