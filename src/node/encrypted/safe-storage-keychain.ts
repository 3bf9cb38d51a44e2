/** The keychain of an Electron app: `safeStorage` wraps the data key, and a file holds what it gives. */
import { dirname, isAbsolute } from "node:path";
import { ConfigurationError } from "../../errors.js";
import type { Keychain } from "../../ports.js";
import { createPrivateDirectory } from "../files/private-directory.js";
import { fileError, readPrivateFile, replacePrivateFile } from "../files/private-file.js";

const MOST_BYTES = 64 * 1024;

/** What is used of Electron's `safeStorage`. Its calls work once the app is ready. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  encryptString(text: string): Uint8Array;
  decryptString(encrypted: Uint8Array): string;
  /** Linux only: which keychain is used; `"basic_text"` is none. */
  getSelectedStorageBackend?(): string;
}

export interface SafeStorageKeychainOptions {
  /** The absolute path of a file for the wrapped key, such as `join(app.getPath("userData"), "keystone-auth", "data-key")`. */
  readonly file: string;
}

/**
 * A keychain for `storage: "encrypted-file"` in Electron's main process: `safeStorageKeychain(safeStorage, { file })`. The
 * file's directory is given mode 0700, so name one that is for this alone.
 *
 * There is none while `safeStorage` says that encryption is not available, nor where Linux has no keychain and Electron
 * would use a password that everybody knows ("basic_text").
 *
 * @throws ConfigurationError (`configuration`) for a `file` that is no absolute path
 */
export function safeStorageKeychain(safeStorage: SafeStorage, { file }: SafeStorageKeychainOptions): Keychain {
  if (typeof file !== "string" || !isAbsolute(file))
    throw new ConfigurationError("file", "Option file: must be an absolute path.");
  return {
    unavailable: async () => {
      if (!safeStorage.isEncryptionAvailable()) {
        return "Electron's safeStorage offers no encryption: the app is not ready yet, or the system has no keychain.";
      }
      return safeStorage.getSelectedStorageBackend?.() === "basic_text"
        ? 'Electron found no keychain and would use "basic_text", which is no encryption.'
        : undefined;
    },
    load: async () => {
      try {
        const bytes = await readPrivateFile(file, MOST_BYTES);
        return bytes && (await unwrap(safeStorage, file, bytes));
      } catch (error) {
        throw fileError(error, "read", file);
      }
    },
    save: async (key) => {
      try {
        createPrivateDirectory(dirname(file));
        const wrapped = safeStorage.encryptString(Buffer.from(key).toString("base64"));
        await replacePrivateFile(file, wrapped);
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
    const { keepCorruptCopy } = await import("../files/leftovers.js");
    await keepCorruptCopy(file, bytes);
    return undefined;
  }
}
