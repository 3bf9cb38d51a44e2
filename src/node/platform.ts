/** Node as the core sees it. Only what a stored token needs is imported; the rest is loaded when it is used. */
import { homedir } from "node:os";
import { ClientSession } from "../client/client-session.js";
import type { NodeConfig } from "../options/config.js";
import { StorageError } from "../errors.js";
import type { Platform } from "../client/platform.js";
import type { Lock, OpenedStore, StorageTrouble, StoreWatch } from "../ports.js";
import type { Ground } from "../client/ground.js";
import { guardedLock, lazyLock } from "../client/lazy-ports.js";
import { lazily } from "../load-part.js";
import { createMemoryStore } from "../session/memory-store.js";
import { type FileStore, openFileStore } from "./files/store.js";
import { nodeClock } from "./clock.js";
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

const memoryLock = () => lazyLock(async () => (await import("../session/memory-lock.js")).createMemoryLock(nodeClock));

const fileLock = (directory: string, onTrouble: StorageTrouble) =>
  lazyLock(async () => (await import("./files/lock.js")).openFileLock({ directory, clock: nodeClock, onTrouble }));

/** The session's own comparison is under a lock of another name than the store's own, which no lock is taken around. */
function beside(lock: Lock): Lock {
  return { run: (name, options, work) => lock.run(name.replace(/^record\./, "compare."), options, work) };
}

/** A RecordStore as the session knows one today. */
function asKeyValueStore({ store, watch }: FileStore, lock: Lock): OpenedStore {
  const marks = new Map<string, { readonly watch: StoreWatch; changes: number }>();
  return {
    store: {
      get: (key) => store.read(key),
      set: (key, value) => store.update(key, () => ({ value })),
      delete: (key) => store.update(key, () => ({ delete: true })),
    },
    lock: beside(lock),
    fingerprint: (key) => {
      const mark = marks.get(key) ?? { watch: watch(key), changes: 0 };
      marks.set(key, mark);
      if (mark.watch.hasChanged()) {
        mark.changes += 1;
        mark.watch.mark();
      }
      return `${mark.changes}`;
    },
  };
}

/** An encrypted store whose code is loaded with the first call; until then its watch sees a change. */
function lazyEncryptedStore(config: NodeConfig, directory: string, lock: Lock, onTrouble: StorageTrouble): FileStore {
  let files: FileStore | undefined;
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
    store: {
      read: async (key) => await (await opened()).store.read(key),
      update: async (key, change) => await (await opened()).store.update(key, change),
    },
    watch: (key) => {
      let watch: StoreWatch | undefined;
      const current = () => {
        watch ??= files?.watch(key);
        return watch;
      };
      return {
        trustMs: 1000,
        hasChanged: () => current()?.hasChanged() ?? true,
        mark: () => current()?.mark(),
        announce: () => {},
        close: () => {},
      };
    },
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
  if (storage === "encrypted-file")
    return asKeyValueStore(lazyEncryptedStore(config, directory, lock, onTrouble), lock);
  const timeoutMs = config.storageTimeoutMs;
  return asKeyValueStore(openFileStore({ directory, onTrouble, clock: nodeClock, timeoutMs }), lock);
}
