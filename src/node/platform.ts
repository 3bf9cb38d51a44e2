/** Node as the core sees it. Only what a stored token needs is imported; the rest is loaded when it is used. */
import { homedir } from "node:os";
import { ClientSession } from "../client/client-session.js";
import type { NodeConfig } from "../options/config.js";
import { StorageError } from "../errors.js";
import type { Platform } from "../client/platform.js";
import type { Lock, OpenedStore, StorageTrouble } from "../ports.js";
import type { Ground } from "../client/ground.js";
import { guardedLock, lazyLock, lazyStore } from "../client/lazy-ports.js";
import { lazily } from "../load-part.js";
import { createMemoryStore } from "../session/memory-store.js";
import { openFileStore } from "./files/store.js";
import { nodeClock } from "./clock.js";
import type { ConfidentialClient } from "../protocol/confidential-client.js";
import { sha256 } from "./sha256.js";
import { tokenDirectory } from "./token-directory.js";

/** What a client in Node stands on: nothing is loaded later that a stored token needs. */
export function createNodeGround(config: NodeConfig): Ground {
  return {
    clock: nodeClock,
    loadSession: async (memory, events) => new ClientSession(config, createNodePlatform(config), memory, events),
  };
}

function createNodePlatform(config: NodeConfig): Platform {
  const closing = new AbortController();
  return {
    clock: nodeClock,
    endsProviderSession: false,
    digest: sha256,
    openStore: (onTrouble) => openStore(config, onTrouble),
    close: () => closing.abort(),
    loadActions: async () => ({
      confidential: await confidentialClient(config),
      login: async (tools) => {
        const { nodeLogin } = await import("./login.js");
        await nodeLogin(config, tools, closing.signal);
      },
      endProviderSession: async (request) => {
        const { endSessionInBrowser } = await import("./logout.js");
        return await endSessionInBrowser(config, request);
      },
    }),
  };
}

/** How the program shows its secret, where it has one. */
async function confidentialClient(config: NodeConfig): Promise<ConfidentialClient | undefined> {
  if (config.clientSecret === undefined) return undefined;
  const { ConfidentialClient } = await import("../protocol/confidential-client.js");
  return new ConfidentialClient(config);
}

const memoryLock = () => lazyLock(async () => (await import("../session/memory-lock.js")).createMemoryLock(nodeClock));

const fileLock = (directory: string, onTrouble: StorageTrouble) =>
  lazyLock(async () => (await import("./files/lock.js")).openFileLock({ directory, clock: nodeClock, onTrouble }));

/** An encrypted store whose code is loaded with the first call; until then its mark is one that no record has. */
function lazyEncryptedStore(
  config: NodeConfig,
  directory: string,
  lock: Lock,
  onTrouble: StorageTrouble,
): Omit<OpenedStore, "lock"> {
  let files: ReturnType<typeof openFileStore> | undefined;
  const opened = lazily(async () => {
    const [{ openEncryptedStore }, keychain] = await Promise.all([
      import("./encrypted/store.js"),
      config.keychain ??
        import("./encrypted/system-keychain.js").then(({ systemKeychain }) => systemKeychain(directory)),
    ]);
    // A little less than the whole, so that the error that says what is the matter comes first.
    const timeoutMs = config.storageTimeoutMs * 0.9;
    const { withoutKeychain } = config;
    const clock = nodeClock;
    files = openEncryptedStore({ directory, keychain, withoutKeychain, lock, clock, timeoutMs, onTrouble });
    return files;
  });
  return {
    store: lazyStore(async () => (await opened()).store),
    fingerprint: (key) => (files === undefined ? "not looked at" : files.fingerprint(key)),
  };
}

function openStore(config: NodeConfig, onTrouble: StorageTrouble): OpenedStore {
  const { storage } = config;
  const memory = () => ({ store: createMemoryStore(), lock: memoryLock() });
  if (config.noCache || storage === "memory") return memory();
  const directory = tokenDirectory(config.storageDirectory, process.env, homedir);
  if (typeof storage === "object") {
    if (storage.lock !== undefined) return { store: storage, lock: guardedLock(storage.lock, nodeClock) };
    return { store: storage, lock: directory === undefined ? memoryLock() : fileLock(directory, onTrouble) };
  }
  if (directory === undefined) {
    onTrouble(
      new StorageError(
        "unavailable",
        "There is no home directory to keep the session in; it is kept in memory. Give the option storageDirectory or set CEGAL_KEYSTONE_AUTH_DIR.",
      ),
    );
    return memory();
  }
  const lock = fileLock(directory, onTrouble);
  if (storage === "encrypted-file") return { ...lazyEncryptedStore(config, directory, lock, onTrouble), lock };
  return { ...openFileStore({ directory, onTrouble }), lock };
}
