/** An encrypted store in the words of a test. */
import { systemClock } from "../../../src/clock.js";
import type { StorageError } from "../../../src/errors.js";
import { openEncryptedStore } from "../../../src/node/encrypted/store.js";
import { openFileLock } from "../../../src/node/files/lock.js";
import type { Keychain } from "../../../src/ports.js";
import { type OpenedRecords, openRecords, recordsOf } from "../files/records.js";

export interface Choices {
  readonly withoutKeychain?: "fail" | "memory" | "plain-file";
  readonly timeoutMs?: number;
}

/** What the stores have told; emptied by each test. */
export const troubles: StorageError[] = [];
const onTrouble = (error: StorageError) => void troubles.push(error);

export function openEncrypted(
  directory: string,
  keychain: Keychain,
  { withoutKeychain = "fail", timeoutMs = 5000 }: Choices = {},
): OpenedRecords {
  const clock = systemClock;
  const lock = openFileLock({ directory, clock, onTrouble });
  const { store, watch } = openEncryptedStore({
    directory,
    keychain,
    withoutKeychain,
    lock,
    clock,
    timeoutMs,
    onTrouble,
  });
  return { ...recordsOf(store), store, watch };
}

export const openPlain = (directory: string) => openRecords(directory, onTrouble);

export const record = { version: 1, refreshToken: "a-secret-token" };
