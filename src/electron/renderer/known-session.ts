/** What a window knows of the app's session: as the main process has told it. */
import type { SessionState } from "../../session/session-state.js";
import type { SessionData, SessionNews } from "../messages.js";

export class KnownSession {
  #state: SessionState = Object.freeze({ status: "unknown" });
  /** Whether the main process has told nothing yet, or has stopped serving since. */
  #isOld = true;

  /** One object until it changes. */
  get state(): SessionState {
    return this.#state;
  }

  /**
   * Takes what was told, and gives whether it is news. What the first look has found comes once for all documents and once
   * for each, and may come twice to one.
   */
  take({ reason, session }: SessionNews): boolean {
    const isNews = reason !== "restored" || this.#isOld;
    if (isNews) this.#state = stateOf(session);
    this.#isOld = false;
    return isNews;
  }

  /** Nobody tells of changes any more: whoever serves next says what there is. */
  becomesOld(): void {
    this.#isOld = true;
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
