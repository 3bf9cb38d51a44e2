/** Opening the session: its key, its store, its lock, and the watch that says when others have changed it. */
import type { StorageError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import type { Clock, Lock, OpenedStore, StoreWatch } from "../ports.js";
import type { KnownSignOuts } from "./sign-out-mark.js";
import { SessionStore } from "./store.js";

/** Opens the store of the session, and may begin to connect. `onTrouble` is told of faults that fail no call, `onChange` of what others did. */
export type OpenStore = (
  onTrouble: (error: StorageError) => void,
  onChange: () => void,
) => OpenedStore | Promise<OpenedStore>;

export interface Opened {
  readonly key: string;
  readonly store: SessionStore;
  readonly lock: Lock;
  readonly watch: StoreWatch;
}

export async function openSession(
  openStore: OpenStore,
  config: ClientConfig,
  clock: Clock,
  emitTrouble: (error: StorageError) => void,
  onChange: () => void,
  signOuts: KnownSignOuts,
): Promise<Opened> {
  // The lock meets the same full or read-only disk as the store does: both are told in one place, and once.
  const untold: StorageError[] = [];
  let emit = (error: StorageError): unknown => untold.push(error);
  const { key, lock, watch, store: records } = await openStore((error) => emit(error), onChange);
  const store = new SessionStore(key, records, config, clock, emitTrouble, signOuts);
  emit = (error) => store.emit(error);
  untold.forEach(emit);
  return { key, store, lock, watch };
}
