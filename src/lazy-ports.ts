/** A lock and a store whose code is loaded with the first call. */
import { lazily } from "./load-part.js";
import type { KeyValueStore, Lock } from "./ports.js";

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
