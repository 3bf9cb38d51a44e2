/** What a client is made of besides its options: each platform's entry hands it over. Types only. */
import type { Clock } from "../ports.js";
import type { TokenMemory } from "../session/memory.js";
import type { PublishedSession } from "../session/session-state.js";
import type { ClickPopup } from "./click-popup.js";
import type { StoredToken } from "./first-read.js";
import type { EarlyPopup } from "./platform.js";
import type { SessionAccess } from "./session-access.js";

/** The person's doing in a page. */
export interface Activation {
  /** When the person last asked for something, by the monotonic clock; `undefined` where that is too long ago to count. */
  askedAt(): number | undefined;
  close(): void;
}

export interface ClientParts {
  readonly clock: Clock;
  /** Makes what finds a session beyond memory; in a page it is loaded for that. */
  access(memory: TokenMemory, published: PublishedSession, popup: ClickPopup): Promise<SessionAccess>;
  /** In a page. */
  readonly storedToken?: StoredToken | undefined;
  /** In a page: runs an action when there is nothing else to do. */
  readonly whenIdle?: ((action: () => void) => void) | undefined;
  /** Whether the address holds a response that somebody may be waiting for, so that the rest is needed at once. */
  readonly isAwaited?: boolean;
  /** Whether a server renders: a listener for `session` looks nowhere, so that each visitor's page begins in the same way. */
  readonly isRendering?: boolean;
  /** In a page. */
  readonly activation?: Activation | undefined;
  /** In a page: opens a popup now. */
  readonly openPopup?: (() => EarlyPopup) | undefined;
  /** In a page: how a login is shown where the call does not say. */
  readonly loginMode?: "redirect" | "popup";
}
