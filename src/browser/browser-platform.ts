/** The browser as the core sees it. Only what a stored token needs is imported; the rest is loaded when it is used. */
import type { BrowserConfig } from "../config.js";
import type { Platform } from "../platform.js";
import type { KeyValueStore, Lock, OpenedStore, StorageTrouble } from "../ports.js";
import { lazily, loadPart } from "../load-part.js";
import { createMemoryStore } from "../session/memory-store.js";
import { systemClock } from "../system-clock.js";
import { openBroadcastChannel } from "./broadcast-channel.js";
import type { BrowserRoom } from "./browser-room.js";
import { CallbackAddress } from "./callback-address.js";
import { digest } from "./digest.js";
import { openPopup } from "./early-popup.js";
import { connectIndexedDbStore } from "./indexeddb-store.js";

const hasPage = () => typeof document !== "undefined" && typeof location !== "undefined";

export function createBrowserPlatform(config: BrowserConfig): Platform {
  const waking = new Set<() => void>();
  const address = new CallbackAddress();
  const room = lazily(async () => (await import("./browser-room.js")).createBrowserRoom(config, address));
  let visit = hasPage() ? lookAtAddress(room) : undefined;
  void visit?.then(() => {
    visit = undefined;
  });
  const isPopupMode = config.loginMode === "popup" && hasPage();

  return {
    clock: systemClock,
    networkHint:
      "In a browser this may also be CORS: the provider must allow this page's origin at its metadata, key set and token endpoint.",
    endsProviderSession: true,
    postLogoutRedirectUri: config.postLogoutRedirectUri,
    digest,
    openStore: (onTrouble) =>
      openStore(config, onTrouble, () => {
        for (const listener of waking) listener();
      }),
    openChannel: () => (config.noCache ? undefined : openBroadcastChannel()),
    mayResume: () => visit !== undefined || (!isPopupMode && address.response !== undefined),
    resume: async (tools) => {
      await visit;
      const { resumeRedirect } = await loadPart(() => import("./redirect-login.js"));
      await resumeRedirect(await room(), tools);
    },
    ...(isPopupMode && { openEarly: openPopup }),
    ...(config.silentLogin && {
      silentLogin: async (tools) => {
        const { silentLogin } = await loadPart(() => import("./window-login.js"));
        return await silentLogin(await room(), tools);
      },
    }),
    login: async (tools, early) => {
      if (isPopupMode) {
        const { popupLogin } = await loadPart(() => import("./window-login.js"));
        await popupLogin(await room(), tools, early);
      } else {
        const { redirectLogin } = await loadPart(() => import("./redirect-login.js"));
        await redirectLogin(await room(), tools);
      }
    },
    endProviderSession: async (request, signal, early) => {
      const { endSessionInPage } = await loadPart(() => import("./browser-logout.js"));
      return await endSessionInPage(await room(), request, signal, early);
    },
    address: () => (hasPage() ? location.href : ""),
    onWake: (listener) => onWake(listener, waking),
    warm: async (engine) => await (await room()).warm(engine),
    keepWarm: async (engine) => await (await room()).keepWarm(engine),
  };
}

/**
 * A window that only brings an answer back hands it over and closes; what is called there waits for that, and for ever.
 * `undefined` where nothing in the address speaks of a window.
 */
function lookAtAddress(room: () => Promise<BrowserRoom>): Promise<void> | undefined {
  const url = new URL(location.href);
  if (!url.searchParams.has("state")) return undefined;
  const look = async () => {
    const { lookAtState } = await loadPart(() => import("./state-in-address.js"));
    await lookAtState(room, url);
  };
  return look().catch(() => {});
}

/** A page out of the back/forward cache has heard nothing of the other tabs meanwhile. */
function onWake(listener: () => void, waking: Set<() => void>): () => void {
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) listener();
  };
  waking.add(listener);
  if (hasPage()) addEventListener("pageshow", onShow);
  return () => {
    waking.delete(listener);
    if (hasPage()) removeEventListener("pageshow", onShow);
  };
}

/** A lock whose code is loaded when a lock is first taken: reading a session takes none. */
function lazyLock(load: () => Promise<Lock>): Lock {
  const lock = lazily(load);
  return { run: async (name, options, work) => await (await lock()).run(name, options, work) };
}

/** A store whose code is loaded with its first call. */
function lazyStore(load: () => Promise<KeyValueStore>): KeyValueStore {
  const store = lazily(load);
  return {
    get: async (key) => await (await store()).get(key),
    set: async (key, value) => await (await store()).set(key, value),
    delete: async (key) => await (await store()).delete(key),
  };
}

function openStore({ noCache, storage }: BrowserConfig, onTrouble: StorageTrouble, onLost: () => void): OpenedStore {
  const tabs = lazyLock(async () => (await import("./web-lock.js")).openWebLock(systemClock));
  if (noCache || storage === "memory") {
    const alone = lazyLock(async () => (await import("../session/memory-lock.js")).createMemoryLock(systemClock));
    return { store: createMemoryStore(), lock: alone };
  }
  if (typeof storage === "object") return { store: storage, lock: storage.lock ?? tabs };
  if (storage === "session") {
    const inTab = async () => (await import("./session-storage-store.js")).openSessionStorageStore(onTrouble);
    return { store: lazyStore(inTab), lock: tabs };
  }
  return { store: connectIndexedDbStore({ onTrouble, onLost }), lock: tabs };
}
