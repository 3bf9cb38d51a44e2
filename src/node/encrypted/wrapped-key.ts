/** The file of a data key that Electron's safeStorage has wrapped. Loaded when a key is needed. */
import { dirname } from "node:path";
import type { Keychain } from "../../ports.js";
import { keepCorruptCopy } from "../files/leftovers.js";
import { createPrivateDirectory } from "../files/private-directory.js";
import { fileError, readPrivateFile, realFileCalls, replacePrivateFile } from "../files/private-file.js";

const MOST_BYTES = 64 * 1024;

/** What is used of Electron's `safeStorage`. Its calls work once the app is ready. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  encryptString(text: string): Uint8Array;
  decryptString(encrypted: Buffer): string;
  /** Linux only: which keychain is used; `"basic_text"` is none. */
  getSelectedStorageBackend?(): string;
}

/** Both calls reject with StorageError where the file cannot be used. */
export function wrappedKey(safeStorage: SafeStorage, file: string): Keychain {
  return {
    load: async () => {
      try {
        const content = await readPrivateFile(file, MOST_BYTES, realFileCalls);
        return content && (await unwrap(safeStorage, file, content.bytes));
      } catch (error) {
        throw fileError(error, "read", file);
      }
    },
    save: async (key) => {
      try {
        createPrivateDirectory(dirname(file));
        const wrapped = safeStorage.encryptString(Buffer.from(key).toString("base64"));
        await replacePrivateFile(file, wrapped, realFileCalls);
      } catch (error) {
        throw fileError(error, "written", file);
      }
    },
  };
}

/**
 * safeStorage says beforehand whether it can decrypt at all. What it refuses then was wrapped by another system or user, or
 * is damaged: the key is lost. The bytes are kept beside, in case the old system's keychain comes back.
 */
async function unwrap(safeStorage: SafeStorage, file: string, bytes: Buffer): Promise<Uint8Array | undefined> {
  try {
    return Buffer.from(safeStorage.decryptString(bytes), "base64");
  } catch {
    await keepCorruptCopy(file, bytes, realFileCalls);
    return undefined;
  }
}
