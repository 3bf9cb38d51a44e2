/** What a client stands on before anything of it was loaded. Types only. */
import type { ClientSession } from "./client-session.js";
import type { EventHub } from "../events.js";
import type { Clock } from "../ports.js";
import type { TokenMemory } from "../session/token-memory.js";
import type { SessionRecord } from "../token-set.js";

export interface Ground {
  readonly clock: Clock;
  /** Makes what is needed when the token is not at hand; in a page it is loaded for that. */
  loadSession(memory: TokenMemory, events: EventHub): Promise<ClientSession>;
  /** Whether that has to be now: the address holds an answer that somebody may be waiting for. */
  readonly isAwaited?: boolean;
  /**
   * The stored session, where it can be had with nothing loaded; `undefined` for all that is out of the ordinary, which
   * the session's own rules will find out. From then on `onNews` is called when the stored session may have changed.
   */
  peek?(onNews: () => void): Promise<SessionRecord | undefined>;
  /** Deletes the stored session, for a page that cannot load more. Absent where that takes more. */
  forget?(): Promise<void>;
  /** Ends what `peek` began. */
  close?(): void;
}
