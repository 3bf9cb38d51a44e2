/** What the parts of the browser platform share that a stored token does not need: loaded with the first of them. */
import type { BrowserConfig } from "../options/config.js";
import { EnvironmentError } from "../errors.js";
import type { Clock, KeyValueStore, Lock } from "../ports.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { createMemoryLock } from "../session/memory-lock.js";
import { systemClock } from "../clock.js";
import type { CallbackAddress } from "./callback-address.js";
import { digest } from "./digest.js";
import { openIndexedDbStore } from "./healing-store.js";
import { PendingLogins } from "./pending-logins.js";
import { createTabStore, tabStorage } from "./tab-storage.js";
import { WarmProvider } from "./provider-cache.js";
import { openWebLock } from "./web-lock.js";

export interface BrowserRoom {
  readonly config: BrowserConfig;
  readonly clock: Clock;
  readonly address: CallbackAddress;
  /** Mutual exclusion among the tabs, also where the sessions are kept elsewhere and have a lock of their own. */
  readonly lock: Lock;
  /** Mutual exclusion within the page, for a store that no other page sees. */
  readonly pageLock: Lock;
  /** Logins and sign-outs that leave the page. */
  readonly pending: PendingLogins;
  /** States that a page waits for, where every window of this origin can look: for popups that have lost their way back. */
  readonly waitedFor: PendingLogins;
  warm(server: AuthorizationServer): Promise<void>;
  keepWarm(server: AuthorizationServer): Promise<void>;
}

export function createBrowserRoom(config: BrowserConfig, address: CallbackAddress): BrowserRoom {
  const clock = systemClock;
  const lock = openWebLock(clock);
  const { noCache, storage } = config;
  const notes = noCache || storage === "memory" || storage === "session" ? inTab() : inProfile();
  const warmth = new WarmProvider(async () => `p-${await digest(config.issuer)}`, notes);
  return {
    config,
    clock,
    address,
    lock,
    pageLock: createMemoryLock(clock),
    pending: new PendingLogins(notes, lock, clock),
    waitedFor: new PendingLogins(inProfile(), lock, clock),
    warm: (server) => warmth.warm(server),
    keepWarm: (server) => warmth.keep(server),
  };
}

/** Notes beside the sessions. Opens nothing yet. */
const inProfile = () => openIndexedDbStore({ onTrouble: () => {}, onLost: () => {} }, inTab);

/** Notes in the tab, for clients that keep their session nowhere else either. */
function inTab(): KeyValueStore {
  const tab = tabStorage();
  return tab ? createTabStore(tab) : NO_STORE;
}

const NO_STORE: KeyValueStore = {
  get: async () => undefined,
  set: async () => {
    throw new EnvironmentError(
      "This browser keeps nothing for this page (storage is blocked), so that a sign-in by redirect could not be finished. " +
        'Allow storage for the page, or use loginMode "popup". The session is as it was.',
    );
  },
  delete: async () => {},
};
