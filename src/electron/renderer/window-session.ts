/** What a window knows of the app's session: as the main process has told it. */
import type { SessionState } from "../../session/session-state.js";
import { systemClock } from "../../clock.js";
import type { SessionData, SessionNews } from "../messages.js";

/** What does not come within that time does not come: the call goes on. */
const LONGEST_WAIT_MS = 1000;

export class WindowSession {
  #state: SessionState = Object.freeze({ status: "unknown" });
  /** Whether the main process has told nothing yet, or has stopped serving since. */
  #isOld = true;
  #number = 0;
  readonly #waiting = new Set<() => void>();

  /** One object until it changes. */
  get state(): SessionState {
    return this.#state;
  }

  /**
   * Takes what was told, and gives whether it is news. What the first look has found comes once for all documents and once
   * for each, and may come twice to one.
   */
  take({ reason, session, number }: SessionNews): boolean {
    const isNews = reason !== "restored" || this.#isOld;
    if (isNews) this.#state = stateOf(session);
    this.#isOld = false;
    this.#number = number;
    for (const look of this.#waiting) look();
    return isNews;
  }

  /** Waits for news that was sent before an answer, and may come after it: who has signed in sees it in `state`. */
  async whenTold(number: number): Promise<void> {
    if (number <= this.#number) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (number <= this.#number) end();
      };
      const cancel = systemClock.after(LONGEST_WAIT_MS, () => {
        // It is lost: no further call waits for it.
        this.#number = Math.max(this.#number, number);
        end();
      });
      this.#waiting.add(look);
    });
  }

  /** Nobody tells of changes any more: whoever serves next says what there is. */
  becomesOld(): void {
    this.#isOld = true;
    this.#number = 0;
  }
}

function stateOf({ expiresAt, endsAt, claims, ...others }: SessionData): SessionState {
  return Object.freeze({
    ...others,
    ...(claims && { claims: Object.freeze(claims) }),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
    ...(endsAt !== undefined && { endsAt: new Date(endsAt) }),
  });
}
