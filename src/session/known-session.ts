/** What a client knows of its session: the record that it saw last, how it ended, and who is told of it. */
import type { LoginRequiredError } from "../errors.js";
import type { EventHub, SessionEvent } from "../events.js";
import type { Log } from "../ports.js";
import type { SessionRecord } from "../token-set.js";
import { whyNone } from "./login-required.js";
import type { TokenMemory } from "./memory.js";
import { changeBetween } from "./record.js";
import type { KnownSignOuts } from "./sign-out-mark.js";

export class KnownSession {
  /** `undefined` before the first read or change. */
  #last: { readonly record: SessionRecord | undefined } | undefined;
  #endedBy: "signed_out" | "ended" | undefined;
  #isSignedOut = false;
  /** While the answer to a login is finished: what the store held before is no answer to a call. */
  awaitsLogin = false;
  /** Whether somebody else has signed out, or deleted the tokens, since the last session was seen. */
  #isMarked = false;
  #othersSeen = 0;
  #endings = 0;
  /** The ids of those sessions. */
  readonly #ended = new Set<string>();

  constructor(
    private readonly memory: TokenMemory,
    private readonly events: EventHub,
    private readonly signOuts: KnownSignOuts,
    private readonly log: Log,
  ) {
    // What the program has been given already is no news.
    if (memory.held) this.#last = { record: memory.held.record };
  }

  get record(): SessionRecord | undefined {
    return this.#last?.record;
  }

  /** How often this client has seen a session end. */
  get endings(): number {
    return this.#endings;
  }

  /** Whether this client has seen that session, and seen it end. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  /** Whether there is nothing that could give a token without a person. */
  get isEmpty(): boolean {
    return this.#last !== undefined && this.record?.refreshToken === undefined && this.memory.left() <= 0;
  }

  /** Whether somebody has signed out, here or elsewhere, and nobody has signed in since. */
  get isSignedOut(): boolean {
    return this.#isSignedOut;
  }

  /** Why there is no session, as far as this client has seen one end. */
  whyNone(): LoginRequiredError {
    const endedBy = this.record === undefined ? this.#endedBy : undefined;
    return whyNone(this.#isSignedOut ? "signed_out" : endedBy);
  }

  /** This client signs out. */
  signsOut(): void {
    this.#isSignedOut = true;
  }

  /** After a sign-out by somebody else, too, nothing opens a login here until somebody signs in again. */
  noticeSignOuts(): void {
    const { others } = this.signOuts.now();
    if (others === this.#othersSeen) return;
    this.#othersSeen = others;
    this.#isMarked = true;
    this.#isSignedOut ||= this.signOuts.wasSignOut;
  }

  /** A session that has gone without a mark was ended by the provider, as another client has learnt. */
  #change(before: SessionRecord | undefined, record: SessionRecord | undefined): SessionEvent["reason"] | undefined {
    const change = changeBetween(before, record);
    return change === "signed_out" && !this.#isMarked ? "ended" : change;
  }

  /** Memory and events learn what the session is now. A client that `isClosed` holds nothing and tells nobody. */
  became(
    record: SessionRecord | undefined,
    {
      reason,
      trustMs,
      isClosed,
    }: { reason?: SessionEvent["reason"] | undefined; trustMs?: number | undefined; isClosed: boolean },
  ): void {
    const [first, before] = [this.#last === undefined, this.record];
    this.#last = { record };
    if (record && !isClosed) this.memory.hold(record, this.awaitsLogin ? 0 : trustMs);
    else this.memory.drop();
    if (record && record.id !== before?.id) this.#isSignedOut = this.#isMarked = false;
    const isNoNews = record === undefined && before === undefined && !first;
    const what = isNoNews ? undefined : (reason ?? (first ? undefined : this.#change(before, record)));
    if (record === undefined && before !== undefined) {
      this.#endings += 1;
      this.#ended.add(before.id);
    }
    if (record) this.#endedBy = undefined;
    else if (reason === "ended" || what === "signed_out") this.#endedBy = what as "ended" | "signed_out";
    if (what === undefined || isClosed) return;
    this.log.debug(`session event: ${what}`);
    this.events.emit("session", { reason: what });
  }
}
