/** The bridge that a preload script puts into the page: two functions, which reach the channels of this library alone. */
import { BRIDGE, type Bridge, type CallMessage, callsOn, eventsOn, isChannelName, VERSION } from "../messages.js";
import type { ElectronForPreload } from "./electron.js";

/** The channels that the page may use, as they are at each call; `undefined` for any. */
export interface Allowed {
  names: readonly string[] | undefined;
}

/** @throws TypeError for a channel name that is not of `[a-z0-9-]`, at most 32 characters */
export function mustBeChannels(names: readonly string[] | undefined): readonly string[] | undefined {
  for (const name of names ?? []) mustBeChannel(name);
  return names;
}

export function exposeBridge(electron: ElectronForPreload, allowed: Allowed): void {
  electron.contextBridge.exposeInMainWorld(BRIDGE, createBridge(electron.ipcRenderer, allowed));
}

type Listener = (event: unknown) => void;

function createBridge(ipcRenderer: ElectronForPreload["ipcRenderer"], allowed: Allowed): Bridge {
  const page = randomName();
  const listeners = new Map<string, Set<Listener>>();
  let lastId = 0;
  const check = (channel: unknown): string => {
    const name = mustBeChannel(channel);
    if (allowed.names?.includes(name) === false) throw new TypeError("This page may not use this channel.");
    return name;
  };
  const send = (channel: string, message: Pick<CallMessage, "id" | "options"> & { method: string }) =>
    ipcRenderer.invoke(callsOn(channel), { ...message, version: VERSION, page, userActivation: hasUserActivation() });

  return {
    version: VERSION,
    call(channel, method, options) {
      const name = check(channel);
      lastId += 1;
      const id = lastId;
      return {
        answer: send(name, { id, method, options }),
        cancel: () => void send(name, { id, method: "cancel", options: {} }).catch(() => {}),
      };
    },
    listen(channel, listener) {
      const name = check(channel);
      const all = listeners.get(name) ?? new Set();
      if (!listeners.has(name)) {
        listeners.set(name, all);
        // One for all of the page's. The event holds `sender`, which must not get into the page.
        ipcRenderer.on(eventsOn(name), (_event, data) => emit(all, data));
      }
      // The same function may be there twice.
      const own: Listener = (event) => listener(event);
      all.add(own);
      return () => void all.delete(own);
    },
  };
}

function emit(listeners: ReadonlySet<Listener>, data: unknown): void {
  for (const listener of listeners) {
    try {
      listener(data);
    } catch {
      // A listener of the page that throws must not keep the event from the others.
    }
  }
}

/** Read here and not in the page: with `contextIsolation` no script of the page can put another `navigator` in its place. */
function hasUserActivation(): boolean {
  const { userActivation } = navigator as { userActivation?: { isActive: boolean } };
  return userActivation?.isActive === true;
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function mustBeChannel(value: unknown): string {
  if (!isChannelName(value)) throw new TypeError("A channel's name is 1 to 32 characters of [a-z0-9-].");
  return value;
}
