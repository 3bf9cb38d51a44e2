/** The browser as the core sees it. Only what a stored token needs is imported; the rest is loaded when it is used. */
import type { BrowserConfig } from "../config.js";
import { lazyLock, lazyStore } from "../lazy-ports.js";
import { lazily } from "../load-part.js";
import type { Platform } from "../platform.js";
import type { OpenedStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";
import { systemClock } from "../system-clock.js";
import { openBroadcastChannel } from "./broadcast-channel.js";
import type { BrowserActions } from "./browser-actions.js";
import { CallbackAddress } from "./callback-address.js";
import { digest } from "./digest.js";
import { openPopup } from "./early-popup.js";
import { connectIndexedDbStore } from "./indexeddb-store.js";

const hasPage = () => typeof document !== "undefined" && typeof location !== "undefined";

export function createBrowserPlatform(config: BrowserConfig): Platform {
  const waking = new Set<() => void>();
  const address = new CallbackAddress();
  const actions = lazily(async () => {
    const { createBrowserActions } = await import("./browser-actions.js");
    return createBrowserActions(config, address, () => visit);
  });
  let visit = lookAtAddress(actions);
  void visit?.then(() => {
    visit = undefined;
  });
  const isPopupMode = config.loginMode === "popup" && hasPage();

  return {
    clock: systemClock,
    endsProviderSession: true,
    triesSilently: config.silentLogin,
    digest,
    openStore: (onTrouble) =>
      openStore(config, actions, onTrouble, () => {
        for (const listener of waking) listener();
      }),
    openChannel: () => (config.noCache ? undefined : openBroadcastChannel()),
    mayResume: () => visit !== undefined || (!isPopupMode && address.response !== undefined),
    ...(isPopupMode && { openEarly: openPopup }),
    loadActions: actions,
    address: () => (hasPage() ? location.href : ""),
    onWake: (listener) => onWake(listener, waking),
  };
}

/**
 * A window that only brings an answer back hands it over and closes; what is called there waits for that, and for ever.
 * `undefined` where nothing in the address speaks of a window.
 */
function lookAtAddress(actions: () => Promise<BrowserActions>): Promise<void> | undefined {
  if (!hasPage()) return undefined;
  const url = new URL(location.href);
  if (!url.searchParams.has("state")) return undefined;
  const look = async () => await (await actions()).look(url);
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

function openStore(
  { noCache, storage }: BrowserConfig,
  actions: () => Promise<BrowserActions>,
  onTrouble: StorageTrouble,
  onLost: () => void,
): OpenedStore {
  if (noCache || storage === "memory") {
    return { store: createMemoryStore(), lock: lazyLock(async () => (await actions()).room.pageLock) };
  }
  const lock = lazyLock(async () => (await actions()).room.lock);
  if (typeof storage === "object") return { store: storage, lock: storage.lock ?? lock };
  if (storage === "session") {
    const inTab = async () => (await import("./session-storage-store.js")).openSessionStorageStore(onTrouble);
    return { store: lazyStore(inTab), lock };
  }
  return { store: connectIndexedDbStore({ onTrouble, onLost }), lock };
}
