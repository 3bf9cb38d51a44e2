/** What the parts of the browser platform share: made once a client. Types only. */
import type { BrowserConfig } from "../config.js";
import type { Clock, KeyValueStore, Lock } from "../ports.js";
import type { ProtocolEngine } from "../protocol/engine.js";
import type { CallbackAddress } from "./callback-address.js";

export interface BrowserRoom {
  readonly config: BrowserConfig;
  readonly clock: Clock;
  readonly address: CallbackAddress;
  /** Mutual exclusion among the tabs, also where the sessions are kept elsewhere and have a lock of their own. */
  readonly lock: Lock;
  /** Where logins are kept that leave the page; nothing can be set there where the browser keeps nothing. */
  readonly notes: () => KeyValueStore;
  /** Where every window of this origin can look, for popups that have lost their way back. */
  readonly windowNotes: () => KeyValueStore;
  readonly sha256: (text: string) => Promise<string>;
  readonly keepWarm: (engine: ProtocolEngine) => Promise<void>;
}
