/** The disk as a client of each kind sees it. */
import { markKey } from "../../src/session/sign-out-mark.js";
import type { KeyValueStore, Lock, RecordStore, StoreWatch } from "../../src/ports.js";
import type { Disk } from "./disk.js";
import type { Actor, World } from "./world.js";

/** As files and IndexedDB are: each update is one moment, and what fails has changed nothing. */
export function openRecords(disk: Disk, owner: Actor): RecordStore {
  const write = (doing: string, key: string, value: unknown) => {
    const effect = () => disk.write(owner, key, value);
    return disk.call(owner, { doing, key, isWrite: true, looks: false, isRemote: false, effect });
  };
  return {
    read: (key) => disk.call(owner, { ...READ, key, isRemote: false, effect: () => disk.records.get(key) }),
    update: (key, change) => {
      const effect = () => {
        const answer = change(disk.records.get(key));
        if (answer) disk.write(owner, key, "value" in answer ? answer.value : undefined);
      };
      return disk.call(owner, { doing: "update", key, isWrite: true, looks: true, isRemote: false, effect });
    },
    put: (key, value) => write("put", key, value),
    delete: (key) => write("delete", key, undefined),
  };
}

const READ = { doing: "read", isWrite: false, looks: true } as const;

/** As a program's own store is: it lies on another machine, and knows single calls only. */
export function openValues(disk: Disk, owner: Actor, lock: Lock): KeyValueStore {
  const write = (doing: string, key: string, value: unknown) => {
    const effect = () => disk.write(owner, key, value);
    return disk.call(owner, { doing, key, isWrite: true, looks: false, isRemote: true, effect });
  };
  return {
    lock,
    get: (key) => disk.call(owner, { ...READ, key, isRemote: true, effect: () => disk.records.get(key) }),
    set: (key, value) => write("set", key, value),
    delete: (key) => write("delete", key, undefined),
  };
}

const TRUST_MS = 1000;

/** As `src/node/files/store.ts` does it, by what a stat says. */
export function watchVersions(disk: Disk, key: string): StoreWatch {
  let marked: string | undefined;
  const stamp = () => `${disk.version(key)} ${disk.version(markKey(key))}`;
  return {
    trustMs: TRUST_MS,
    hasChanged: () => stamp() !== marked,
    mark: () => {
      marked = stamp();
    },
    announce: () => {
      marked = undefined;
    },
    close: () => {},
  };
}

/** A channel between tabs, as `src/browser/tab-watch.ts` uses it: news are under way for a while. */
export class Channel {
  readonly #tabs = new Map<Actor, () => void>();

  constructor(private readonly world: World) {}

  watch(owner: Actor, onChange: () => void): StoreWatch {
    let hasChanged = true;
    let isClosed = false;
    this.#tabs.set(owner, () => {
      hasChanged = true;
      if (!isClosed) onChange();
    });
    return {
      trustMs: Number.POSITIVE_INFINITY,
      hasChanged: () => hasChanged,
      mark: () => {
        hasChanged = false;
      },
      announce: () => {
        if (!isClosed) this.#announce(owner);
      },
      close: () => {
        isClosed = true;
        this.#tabs.delete(owner);
      },
    };
  }

  #announce(sender: Actor): void {
    for (const [tab, hear] of this.#tabs) {
      if (tab !== sender && tab.isAlive) this.world.post(tab, hear);
    }
  }
}
