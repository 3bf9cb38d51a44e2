/** The keychain of an Electron app: `safeStorage` wraps the data key, and a file holds what it gives. */
import { isAbsolute } from "node:path";
import { ConfigurationError } from "../../errors.js";
import type { Keychain } from "../../ports.js";
import type { SafeStorage } from "./wrapped-key.js";

export type { SafeStorage } from "./wrapped-key.js";

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
  const wrappedKey = async () => (await import("./wrapped-key.js")).wrappedKey(safeStorage, file);
  return {
    unavailable: async () => {
      if (!safeStorage.isEncryptionAvailable()) {
        return "Electron's safeStorage offers no encryption: the app is not ready yet, or the system has no keychain.";
      }
      return safeStorage.getSelectedStorageBackend?.() === "basic_text"
        ? 'Electron found no keychain and would use "basic_text", which is no encryption.'
        : undefined;
    },
    load: async () => await (await wrappedKey()).load(),
    save: async (key) => await (await wrappedKey()).save(key),
  };
}
