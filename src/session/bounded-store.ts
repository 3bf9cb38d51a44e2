/** A store whose calls end in time and fail in one way: with StorageError. */
import { isKeystoneAuthError, StorageError } from "../errors.js";
import type { Clock, KeyValueStore } from "../ports.js";
import { beforeDeadline } from "./deadline.js";

/** Reduces whatever a store throws to its code: a message of a foreign store could hold a record. */
export function storageError(error: unknown, doing: "read" | "written"): StorageError {
  if (isKeystoneAuthError(error) && error.code === "storage") return error as StorageError;
  const { name, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    code?: unknown;
  };
  const full = name === "QuotaExceededError" || code === "ENOSPC";
  const cause = typeof code === "string" ? code : typeof name === "string" ? name : undefined;
  return new StorageError(
    full ? "full" : "unavailable",
    `The session store could not be ${doing}${full ? ": no space is left" : ""}. What it holds is as it was; the call may be repeated.`,
    { causeCode: cause },
  );
}

/** The three calls of a store under one time limit. A write that was given up may still land later: whoever writes compares before. */
export function boundStore(store: KeyValueStore, clock: Clock, timeoutMs: number): Omit<KeyValueStore, "lock"> {
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
    set: (key, value) => bounded("written", () => store.set(key, value)),
    delete: (key) => bounded("written", () => store.delete(key)),
  };
}
