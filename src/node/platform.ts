/** Node as the client sees it. Only what a stored token needs is imported; the rest loads when it is used. */
import { homedir } from "node:os";
import type { DiagnosisSubject, LoginAttempt, Platform } from "../client/platform.js";
import type { ProviderSessionResult } from "../client/sign-out-result.js";
import type { ClickPopup } from "../client/click-popup.js";
import { SessionAccess } from "../client/session-access.js";
import type { Diagnosis } from "../client/diagnosis.js";
import type { ClientParts } from "../client/parts.js";
import { systemClock } from "../clock.js";
import type { StorageError } from "../errors.js";
import { lazily, loadPart } from "../load-part.js";
import type { NodeConfig } from "../options/config.js";
import type { Clock, KeyValueStore, Lock, OpenedStore, StorageTrouble } from "../ports.js";
import type { ConfidentialClient } from "../protocol/confidential-client.js";
import type { NetworkHint } from "../protocol/fetch.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import type { TokenMemory } from "../session/memory.js";
import { sessionKey } from "../session/record-format.js";
import type { PublishedSession } from "../session/session-state.js";
import { Session } from "../session/session.js";
import type { SessionRecord } from "../token-set.js";
import type { EncryptedStoreOptions } from "./encrypted/store.js";
import { type FileStore, openFileStore } from "./files/store.js";
import { sha256 } from "./sha256.js";
import { stderrLogger } from "./stderr-log.js";
import { sessionPlace } from "./token-directory.js";

/** The machine's own time, without `performance`: to load that costs a program's start three milliseconds. */
const nodeClock: Clock = {
  ...systemClock,
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  background: (ms, action) => {
    const timer = setTimeout(action, ms).unref();
    return () => clearTimeout(timer);
  },
};

/**
 * What a client in Node is made of: nothing loads later that a stored token needs. `say` tells a person whose sign-in is
 * waited for, in place of a line on stderr. `key` names the record of the session. [what the settings give] `opened` is its store, in
 * place of the one that the settings name.
 */
export function nodeParts(
  config: NodeConfig,
  say?: (text: string) => void,
  key?: string,
  opened?: OpenedStore,
): ClientParts {
  return {
    clock: nodeClock,
    access: async (memory: TokenMemory, published: PublishedSession, popup: ClickPopup) => {
      const { warn } = { ...stderrLogger(process.env.CEGAL_KEYSTONE_AUTH_LOG), ...config.logger };
      const isHeard = () => warn !== undefined || published.events.isHeard("storage");
      const platform = new NodePlatform(config, isHeard, say, key);
      const open = (onTrouble: StorageTrouble) => opened ?? platform.openStore(onTrouble);
      const session = new Session(config, nodeClock, memory, published, open);
      return new SessionAccess(config, platform, session, popup);
    },
  };
}

class NodePlatform implements Platform {
  readonly clock = nodeClock;
  readonly isPage = false;
  readonly endsProviderSession = false;
  readonly postLogoutRedirectUri: string | undefined;
  readonly networkHint: NetworkHint = async (fault) => {
    try {
      const { certificateHint, networkHint } = await import("./network/hint.js");
      // What a fetch of the program's own does with proxies is not known.
      return this.config.fetch ? certificateHint(fault.causeCode) : networkHint(fault);
    } catch {
      // The fault itself is what counts.
      return undefined;
    }
  };
  readonly #closing = new AbortController();
  #unheard: StorageError | undefined;

  /** `isHeard`: whether the program hears of trouble with its store. */
  constructor(
    private readonly config: NodeConfig,
    private readonly isHeard: () => boolean,
    private readonly say: ((text: string) => void) | undefined,
    private readonly key: string | undefined,
  ) {
    this.postLogoutRedirectUri = config.postLogoutRedirectUri;
  }

  async openStore(onTrouble: StorageTrouble): Promise<OpenedStore> {
    const key = this.key ?? (await sessionKey(this.config, sha256));
    const tell = (error: StorageError) => {
      if (!this.isHeard()) this.#unheard = error;
      onTrouble(error);
    };
    return await openStore(this.config, key, tell);
  }

  async confidential(): Promise<ConfidentialClient | undefined> {
    if (this.config.clientSecret === undefined) return undefined;
    const { ConfidentialClient } = await loadPart(() => import("../protocol/confidential-client.js"));
    return new ConfidentialClient(this.config);
  }

  async login(attempt: LoginAttempt): Promise<SessionRecord> {
    const { nodeLogin } = await loadPart(() => import("./login.js"));
    const takeNote = () => {
      const note = this.#unheard?.message;
      this.#unheard = undefined;
      return note;
    };
    const { say } = this;
    return await nodeLogin(this.config, attempt, { closing: this.#closing.signal, takeNote, say });
  }

  async endProviderSession(request: EndSessionRequest, signal: AbortSignal): Promise<ProviderSessionResult> {
    const { endSessionInBrowser } = await loadPart(() => import("./logout.js"));
    return await endSessionInBrowser(this.config, request, signal);
  }

  async diagnose(subject: DiagnosisSubject): Promise<Diagnosis> {
    const { diagnoseProgram } = await loadPart(() => import("./diagnosis/program.js"));
    return await diagnoseProgram(this.config, subject, this.#closing.signal);
  }

  close(): void {
    this.#closing.abort();
  }
}

type Opened = Omit<OpenedStore, "key">;

async function openStore(config: NodeConfig, key: string, onTrouble: StorageTrouble): Promise<OpenedStore> {
  const { storage } = config;
  if (config.noCache || storage === "memory") return { key, ...(await inMemory()) };
  const place = sessionPlace(config.storageDirectory, process.env, homedir);
  if (typeof storage === "object") return { key, ...(await openOwn(config, storage, place, onTrouble)) };
  // A row is a person's: a program that signs in as itself would take it from them.
  if (storage === "shared-database" && config.flow !== "client_credentials") {
    const { openSharedDatabase } = await loadPart(() => import("./shared-database/open.js"));
    const lockIn = (directory: string) => fileLock(directory, onTrouble);
    const opened = await openSharedDatabase(config, key, { place, lockIn, clock: nodeClock, onTrouble });
    return opened ?? { key, ...(await inMemory()) };
  }
  if (typeof place === "object") {
    onTrouble(place);
    return { key, ...(await inMemory()) };
  }
  const directory = place;
  const lock = fileLock(directory, onTrouble);
  const where = { directory, onTrouble, clock: nodeClock };
  const files =
    storage === "encrypted-file"
      ? await openEncrypted(config, { ...where, lock })
      : openFileStore({ ...where, timeoutMs: config.storageTimeoutMs });
  return { key, lock: besideStore(lock, files), store: files.store, watch: files.watch(key) };
}

async function inMemory(): Promise<Opened> {
  const { createMemoryLock, createMemoryStore, watchNothing } = await loadPart(() => import("../session/in-memory.js"));
  return { store: createMemoryStore(), lock: createMemoryLock(nodeClock), watch: watchNothing };
}

/** A store of the program's own, with its own lock, or else with one that reaches the processes of this machine. */
async function openOwn(
  config: NodeConfig,
  storage: KeyValueStore,
  place: string | StorageError,
  onTrouble: StorageTrouble,
): Promise<Opened> {
  const [{ openOwnStore }, { createMemoryLock, watchByTime }] = await loadPart(() =>
    Promise.all([import("../session/own-store.js"), import("../session/in-memory.js")]),
  );
  const elsewhere =
    typeof place === "object" ? createMemoryLock(nodeClock) : besideStore(fileLock(place, onTrouble), ELSEWHERE);
  const own = openOwnStore(storage, elsewhere, nodeClock, config.storageTimeoutMs);
  return { ...own, watch: watchByTime(nodeClock) };
}

/** A store of the program's own. */
const ELSEWHERE = { isElsewhere: () => true };

/** A directory that takes no lock says nothing about records that are somewhere else. */
function besideStore(lock: Lock, { isElsewhere }: Pick<FileStore, "isElsewhere">): Lock {
  if (isElsewhere === undefined) return lock;
  return {
    run: (name, options, work) =>
      lock.run(name, options, (hold) => work(isElsewhere() ? { stillHeld: () => hold.stillHeld() } : hold)),
  };
}

/** Reading a session takes no lock: its code loads with the first one. */
function fileLock(directory: string, onTrouble: StorageTrouble): Lock {
  const lock = lazily(async () => {
    const { openFileLock } = await import("./files/lock.js");
    return openFileLock({ directory, clock: nodeClock, onTrouble, outlastsDead: true });
  });
  return { run: async (name, options, work) => await (await lock()).run(name, options, work) };
}

async function openEncrypted(
  { keychain, withoutKeychain, storageTimeoutMs }: NodeConfig,
  where: Pick<EncryptedStoreOptions, "directory" | "onTrouble" | "clock" | "lock">,
): Promise<FileStore> {
  const [{ openEncryptedStore }, { systemKeychain }] = await loadPart(() =>
    Promise.all([import("./encrypted/store.js"), import("./encrypted/system-keychain.js")]),
  );
  return openEncryptedStore({
    ...where,
    withoutKeychain,
    keychain: keychain ?? systemKeychain(where.directory),
    // A little less than the whole, so that the error that says what is the matter comes first.
    timeoutMs: storageTimeoutMs * 0.9,
  });
}
