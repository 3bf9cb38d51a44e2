/** What a client is made of besides its options: each platform's entry hands it over. Types only. */
import type { EventHub } from "../events.js";
import type { Clock } from "../ports.js";
import type { TokenMemory } from "../session/memory.js";
import type { StoredToken } from "./first-read.js";
import type { SessionAccess } from "./session-access.js";

export interface ClientParts {
  readonly clock: Clock;
  /** Makes what finds a session beyond memory; in a page it is loaded for that. */
  access(memory: TokenMemory, events: EventHub): Promise<SessionAccess>;
  /** In a page. */
  readonly storedToken?: StoredToken | undefined;
  /** In a page: runs an action when there is nothing else to do. */
  readonly whenIdle?: ((action: () => void) => void) | undefined;
  /** Whether the address holds a response that somebody may be waiting for, so that the rest is needed at once. */
  readonly isAwaited?: boolean;
}
