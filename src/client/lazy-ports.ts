/** A lock and a store whose code is loaded with the first call. */
import { lazily } from "../load-part.js";
import type { Clock, KeyValueStore, Lock } from "../ports.js";

/** Reading a session takes no lock. */
export function lazyLock(load: () => Promise<Lock>): Lock {
  const lock = lazily(load);
  return { run: async (name, options, work) => await (await lock()).run(name, options, work) };
}

export function lazyStore(load: () => Promise<KeyValueStore>): KeyValueStore {
  const store = lazily(load);
  return {
    get: async (key) => await (await store()).get(key),
    set: async (key, value) => await (await store()).set(key, value),
    delete: async (key) => await (await store()).delete(key),
  };
}

/** A lock of the program's own, with guards that are loaded when a lock is first taken. */
export function guardedLock(lock: Lock, clock: Clock): Lock {
  return lazyLock(async () => {
    const { guardLock } = await import("../session/guarded-lock.js");
    return guardLock(lock, clock);
  });
}
