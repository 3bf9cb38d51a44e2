/**
 * The operating system's keychain by @napi-rs/keyring: Keychain on macOS, Credential Manager on Windows, the Secret Service
 * (GNOME Keyring, KWallet, KeePassXC) on Linux. The package is optional; it is imported when a key is needed.
 */
import { createHash } from "node:crypto";
import { codeOf } from "../../errors.js";
import type { Keychain } from "../../ports.js";
import { optionalPackage } from "../optional-package.js";

const PACKAGE = "@napi-rs/keyring";
const SERVICE = "keystone-auth";
// Without it the package falls back, without a word, to the kernel's keyring, which ends with the login session.
const SECRET_SERVICE = { linux: { store: "secret-service" } } as const;
/** How a Secret Service that is there and hangs shows itself. */
const NO_ANSWER = /did not receive a reply|timed? ?out/i;

interface Entry {
  getSecret(): Promise<ArrayLike<number> | null>;
  setSecret(secret: Uint8Array): Promise<unknown>;
}

interface Keyring {
  readonly AsyncEntry: new (service: string, account: string, options: typeof SECRET_SERVICE) => Entry;
}

/** The keychain entry of a directory: each has a key of its own, since the lock that guards the making of a key is its too. */
export function systemKeychain(directory: string): Keychain {
  const account = `sessions-${createHash("sha256").update(directory).digest("hex").slice(0, 16)}`;
  let entry: Entry | undefined;
  const opened = async (): Promise<Entry> => {
    const { AsyncEntry } = (await optionalPackage(PACKAGE)) as Keyring;
    entry ??= new AsyncEntry(SERVICE, account, SECRET_SERVICE);
    return entry;
  };
  return {
    unavailable: async () => {
      try {
        await optionalPackage(PACKAGE);
      } catch {
        return `The package ${PACKAGE} is not installed, or not for this platform: install it beside keystone-auth.`;
      }
      return await whyNotOpened(opened);
    },
    load: async () => {
      const secret = await (await opened()).getSecret();
      return secret ? Uint8Array.from(secret) : undefined;
    },
    save: async (key) => {
      await (await opened()).setSecret(key);
    },
  };
}

/** A sentence of this library's: the package's messages name paths and sockets. Rejects where the keychain is there and hangs. */
async function whyNotOpened(open: () => Promise<Entry>): Promise<string | undefined> {
  try {
    await open();
    return undefined;
  } catch (error) {
    if (NO_ANSWER.test((error as Error).message)) throw error;
    const where = process.platform === "linux" ? "no Secret Service on the D-Bus session bus" : "no keychain";
    return `The system offers ${where} (${codeOf(error) ?? "unknown fault"}).`;
  }
}
