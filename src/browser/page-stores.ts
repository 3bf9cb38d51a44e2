/** Where a page keeps its session, and its notes beside it. */
import { systemClock } from "../clock.js";
import { EnvironmentError, StorageError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { BrowserConfig } from "../options/config.js";
import type { KeyValueStore, Lock, OpenedStore, RecordStore, StoreWatch } from "../ports.js";
import { createMemoryLock, createMemoryStore, watchByTime, watchNothing } from "../session/in-memory.js";
import { sessionKey } from "../session/record-format.js";
import { digest } from "./digest.js";
import { IndexedDbRecords } from "./indexeddb-records.js";
import { requireWebCrypto } from "./page.js";
import type { FirstStoredToken } from "./stored-token.js";
import { dropCopiedSessions } from "./tab-copy.js";
import { createTabStore, tabStorage } from "./tab-storage.js";
import { TabWatch } from "./tab-watch.js";
import { openWebLock } from "./web-lock.js";

type OnTrouble = (error: StorageError) => void;

export class PageStores {
  /** Mutual exclusion among the tabs, also where the sessions are kept elsewhere and have a lock of their own. */
  readonly lock: Lock = openWebLock(systemClock);
  /** Notes beside the sessions, where every window of this origin can read. */
  readonly profileNotes: RecordStore;
  /** Notes where the session is kept: a client that keeps its session in the tab leaves nothing elsewhere. */
  readonly notes: RecordStore;

  /** The same for the logins that left the page: a disk that is full, or does not answer, must not keep anybody from signing in. */
  readonly loginNotes: readonly RecordStore[];

  constructor(
    private readonly config: BrowserConfig,
    private readonly storedToken: FirstStoredToken | undefined,
  ) {
    const { noCache, storage } = config;
    this.profileNotes = new IndexedDbRecords(
      notesInTab,
      () => {},
      () => {},
    );
    this.notes = noCache || storage === "memory" || storage === "session" ? notesInTab() : this.profileNotes;
    const tab = tabStorage();
    this.loginNotes = this.notes === this.profileNotes && tab ? [this.notes, createTabStore(tab)] : [this.notes];
  }

  /** @throws EnvironmentError (`environment`) outside secure contexts */
  async open(onTrouble: OnTrouble, onChange: () => void): Promise<OpenedStore> {
    requireWebCrypto();
    const { config, lock } = this;
    const { noCache, storage } = config;
    if (noCache || storage === "memory") {
      const key = await sessionKey(config, digest);
      return { key, store: createMemoryStore(), lock: createMemoryLock(systemClock), watch: watchNothing };
    }
    if (typeof storage === "object") return await this.#openOwn(storage, onChange);
    if (storage === "session") {
      const tab = tabStorage();
      const [key] = await Promise.all([sessionKey(config, digest), tab && dropCopiedSessions(tab)]);
      return { key, store: openTabStore(onTrouble), lock, watch: openWatch(key, onChange) };
    }
    return await this.#openIndexedDb(onTrouble, onChange);
  }

  async #openOwn(storage: KeyValueStore, onChange: () => void): Promise<OpenedStore> {
    const key = await sessionKey(this.config, digest);
    const { openOwnStore } = await loadPart(() => import("../session/own-store.js"));
    const own = openOwnStore(storage, this.lock, systemClock, this.config.storageTimeoutMs);
    return { key, ...own, watch: openWatch(key, onChange) };
  }

  async #openIndexedDb(onTrouble: OnTrouble, onChange: () => void): Promise<OpenedStore> {
    const taken = this.storedToken?.handOver(() => store.lose());
    // A database that was taken away is news like a change: nobody knows what became of the record.
    const onLost = () => {
      if (watch instanceof TabWatch) watch.invalidate();
      else onChange();
    };
    const store = new IndexedDbRecords(recordsInTab, onTrouble, onLost, taken?.database);
    const key = await (taken?.key ?? sessionKey(this.config, digest));
    const watch = taken?.watch ?? openWatch(key, onChange);
    if (watch instanceof TabWatch) watch.onChange = onChange;
    return { key, store, lock: this.lock, watch };
  }
}

function openWatch(key: string, onChange: () => void): StoreWatch {
  const watch = TabWatch.open(key);
  if (watch) watch.onChange = onChange;
  return watch ?? watchByTime(systemClock);
}

/** `storage: "session"`. Where there is no such storage, records live in memory and `onTrouble` is told. */
function openTabStore(onTrouble: OnTrouble): RecordStore {
  const storage = tabStorage();
  if (storage !== undefined) return createTabStore(storage);
  const problem = "This browser gives no sessionStorage here. The session is in this page's memory and ends with it.";
  onTrouble(new StorageError("unavailable", problem));
  return createMemoryStore();
}

/** Where there is no IndexedDB: the tab's own storage, which a redirect login survives; else memory. */
function recordsInTab(): RecordStore {
  const tab = tabStorage();
  return tab ? createTabStore(tab) : createMemoryStore();
}

/** Notes in the tab, for clients that keep their session nowhere else either. */
function notesInTab(): RecordStore {
  const tab = tabStorage();
  return tab ? createTabStore(tab) : NO_STORE;
}

const refuse = async (): Promise<never> => {
  throw new EnvironmentError(
    "This browser keeps nothing for this page (storage is blocked), so that a sign-in by redirect could not be finished. " +
      'Allow storage for the page, or use loginMode "popup".',
  );
};

const NO_STORE: RecordStore = { read: async () => undefined, update: refuse, put: refuse, delete: async () => {} };
