/** The browser as the session sees it. Only what reading a session needs is imported; the rest is loaded when it is used. */
import type { BrowserConfig } from "../options/config.js";
import { guardedLock, lazyLock, lazyStore } from "../client/lazy-ports.js";
import { lazily } from "../load-part.js";
import type { Platform } from "../client/platform.js";
import type { OpenedStore, StorageTrouble } from "../ports.js";
import { createMemoryStore } from "../session/memory-store.js";
import { systemClock } from "../clock.js";
import { openBroadcastChannel } from "./broadcast-channel.js";
import type { BrowserActions } from "./browser-actions.js";
import { CallbackAddress } from "./callback-address.js";
import { digest } from "./digest.js";
import { openPopup } from "./early-popup.js";
import { connectIndexedDbStore } from "./healing-store.js";
import { requireWebCrypto } from "./secure-context.js";
import { onRestored } from "./page-restored.js";

const hasPage = () => typeof document !== "undefined" && typeof location !== "undefined";

export function createBrowserPlatform(config: BrowserConfig, first: string | undefined): Platform {
  const waking = new Set<() => void>();
  const address = new CallbackAddress(first);
  const actions = lazily(async () => {
    const { createBrowserActions } = await import("./browser-actions.js");
    return createBrowserActions(config, address, () => visit);
  });
  let visit: Promise<void> | undefined = first === undefined ? undefined : lookAtAddress(first, actions);
  void visit?.then(() => {
    visit = undefined;
  });
  const isPopupMode = config.loginMode === "popup" && hasPage();

  return {
    clock: systemClock,
    endsProviderSession: true,
    triesSilently: config.silentLogin,
    digest: async (text) => {
      requireWebCrypto();
      return await digest(text);
    },
    openStore: (onTrouble) =>
      openStore(config, actions, onTrouble, () => {
        for (const listener of waking) listener();
      }),
    openChannel: () => (config.noCache ? undefined : openBroadcastChannel()),
    mayResume: () => visit !== undefined || (!isPopupMode && address.response !== undefined),
    ...(isPopupMode && { openEarly: openPopup }),
    loadActions: actions,
    address: () => (hasPage() ? location.href : ""),
    onWake: (listener) => {
      waking.add(listener);
      const stop = onRestored(listener);
      return () => {
        waking.delete(listener);
        stop();
      };
    },
  };
}

/**
 * A window that only brings an answer back hands it over and closes; what is called there waits for that, and for ever.
 * `undefined` where nothing in the address speaks of a window.
 */
function lookAtAddress(first: string, actions: () => Promise<BrowserActions>): Promise<void> | undefined {
  if (!hasPage()) return undefined;
  const url = new URL(first);
  if (!url.searchParams.has("state")) return undefined;
  const look = async () => await (await actions()).look(url);
  return look().catch(() => {});
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
  if (typeof storage === "object")
    return { store: storage, lock: storage.lock ? guardedLock(storage.lock, systemClock) : lock };
  if (storage === "session") {
    const inTab = async () => (await import("./tab-storage.js")).openSessionStorageStore(onTrouble);
    return { store: lazyStore(inTab), lock };
  }
  return { store: connectIndexedDbStore({ onTrouble, onLost }), lock };
}
