/** The browser as the core sees it. Only what a stored token needs is imported; the rest is loaded when it is used. */
import type { BrowserConfig } from "../config.js";
import { EnvironmentError } from "../errors.js";
import type { Platform } from "../platform.js";
import type { KeyValueStore, OpenedStore, StorageTrouble } from "../ports.js";
import { createMemoryLock } from "../session/memory-lock.js";
import { createMemoryStore } from "../session/memory-store.js";
import { systemClock } from "../system-clock.js";
import { openBroadcastChannel } from "./broadcast-channel.js";
import type { BrowserRoom } from "./browser-room.js";
import { CallbackAddress } from "./callback-address.js";
import { answerWaitingWindow } from "./callback-window.js";
import { openPopup } from "./early-popup.js";
import { openIndexedDbStore } from "./indexeddb-store.js";
import { createTabStore, openSessionStorageStore, tabStorage } from "./session-storage-store.js";
import { sha256 } from "./surroundings.js";
import { WarmProvider } from "./warm-provider.js";
import { openWebLock } from "./web-lock.js";

const hasPage = () => typeof document !== "undefined" && typeof location !== "undefined";

export function createBrowserPlatform(config: BrowserConfig): Platform {
  const waking = new Set<() => void>();
  const wake = () => {
    for (const listener of waking) listener();
  };
  const notes = lazyNotes(config);
  const warmth = new WarmProvider(async () => `p-${await sha256(config.issuer)}`, notes);
  const room: BrowserRoom = {
    config,
    clock: systemClock,
    address: new CallbackAddress(),
    lock: openWebLock(systemClock),
    notes,
    windowNotes: lazyNotes({ ...config, noCache: false, storage: "indexeddb" }),
    sha256,
    keepWarm: (engine) => warmth.keep(engine),
  };
  let visit = hasPage() ? lookAtAddress(room) : undefined;
  visit?.then(() => {
    visit = undefined;
  });
  const redirect = () => import("./redirect-login.js");
  const windows = () => import("./window-login.js");
  const isPopupMode = config.loginMode === "popup";

  return {
    clock: systemClock,
    sha256,
    networkHint:
      "In a browser this may also be CORS: the provider must allow this page's origin at its metadata, key set and token endpoint.",
    endsProviderSession: true,
    postLogoutRedirectUri: config.postLogoutRedirectUri,
    openStore: (onTrouble) => openStore(config, room, onTrouble, wake),
    openChannel: () => (config.noCache ? undefined : openBroadcastChannel()),
    mayResume: () => visit !== undefined || (!isPopupMode && room.address.response !== undefined),
    resume: async (tools) => {
      await visit;
      await (await redirect()).resumeRedirect(room, tools);
    },
    ...(isPopupMode && hasPage() && { openEarly: openPopup }),
    ...(config.silentLogin && { silentLogin: async (tools) => await (await windows()).silentLogin(room, tools) }),
    login: async (tools, early) => {
      if (isPopupMode) await (await windows()).popupLogin(room, tools, early);
      else await (await redirect()).redirectLogin(room, tools);
    },
    endProviderSession: async (request, signal, early) => {
      const { endSessionInPage } = await import("./browser-logout.js");
      return await endSessionInPage(room, request, signal, early);
    },
    address: () => (hasPage() ? location.href : ""),
    onWake: (listener) => onWake(listener, waking),
    warm: (engine) => warmth.warm(engine),
    keepWarm: (engine) => warmth.keep(engine),
  };
}

/**
 * A window that only brings an answer back hands it over and closes; what is called there waits for that, and for ever.
 * `undefined` where nothing in the address speaks of a window.
 */
function lookAtAddress(room: BrowserRoom): Promise<void> | undefined {
  const url = new URL(location.href);
  if (answerWaitingWindow(url)) return new Promise(() => {});
  if (!url.searchParams.has("state") || window.opener !== null || window.parent !== window) return undefined;
  return import("./state-in-address.js").then(({ lookAtState }) => lookAtState(room, url)).catch(() => {});
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

function openStore(
  config: BrowserConfig,
  room: BrowserRoom,
  onTrouble: StorageTrouble,
  onLost: () => void,
): OpenedStore {
  const { storage } = config;
  if (config.noCache || storage === "memory") {
    return { store: createMemoryStore(), lock: createMemoryLock(systemClock) };
  }
  const { lock } = room;
  if (typeof storage === "object") return { store: storage, lock: storage.lock ?? lock };
  if (storage === "session") return { store: openSessionStorageStore(onTrouble), lock };
  return { store: openIndexedDbStore({ onTrouble, onLost }), lock };
}

/** Where logins that leave the page are kept: in the tab where the session is kept nowhere else. Opens nothing yet. */
function lazyNotes({ noCache, storage }: BrowserConfig): () => KeyValueStore {
  let opened: KeyValueStore | undefined;
  const inTab = () => {
    const tab = tabStorage();
    return tab ? createTabStore(tab) : NO_STORE;
  };
  const tabOnly = noCache || storage === "memory" || storage === "session";
  return () => {
    opened ??= tabOnly ? inTab() : openIndexedDbStore({ onTrouble: () => {}, onLost: () => {} }, inTab);
    return opened;
  };
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
