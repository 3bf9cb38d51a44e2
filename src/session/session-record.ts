/** Reading a record back, and telling one from another. */
import { StorageError } from "../errors.js";
import { isObject, isSessionRecord } from "./record-format.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";

/** Whether a newer version of this library wrote the value; such a record is never overwritten. */
export function isNewerRecord(value: unknown): boolean {
  return isObject(value) && typeof value.version === "number" && value.version > 1;
}

/** The record, or what is wrong with it; `undefined` and no trouble for none. */
export function readRecord(
  value: unknown,
  owner: { issuer: string; clientId: string },
): SessionRecord | StorageError | undefined {
  if (value === undefined || value === null) return undefined;
  if (isNewerRecord(value)) {
    return new StorageError(
      "version",
      "The stored session was written by a newer version of keystone-auth. It is left as it is and not used; update this program to use it.",
    );
  }
  if (isSessionRecord(value, owner)) return value;
  return new StorageError(
    "corrupt",
    "The stored session cannot be understood and is not used. The next login replaces it.",
    {
      sessionKept: false,
      retryable: false,
    },
  );
}

/** Whether two reads saw the same session with the same refresh token: what ends for one ends for the other. */
export function sameSession(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return a?.id === b?.id && a?.refreshToken === b?.refreshToken;
}

/** Whether nothing was written in between: also the access token is the same. */
export function sameState(a: SessionRecord | undefined, b: SessionRecord | undefined): boolean {
  return sameSession(a, b) && accessTokenOf(a)?.token === accessTokenOf(b)?.token;
}
