/**
 * The token in memory: what the hot path looks at. It is trusted for a window of wall time only, so that two comparisons
 * notice expiry, a jump of the clock in either direction, and that it is time to look whether somebody else signed out.
 */
import type { Clock } from "../ports.js";
import { accessTokenOf, type SessionRecord, type StoredAccessToken, timeLeft } from "./token-set.js";

/** How long another process's sign-out may go unnoticed by a program that has its token in memory. */
const LOOK_EVERY_MS = 1000;

export interface Held {
  readonly record: SessionRecord;
  readonly token: StoredAccessToken;
  /** Made once: handing out the same settled promise is what makes the hot path cheap. */
  readonly promise: Promise<string>;
  /** By the monotonic clock, which no jump of the wall clock can stretch. */
  readonly expiresAtMonotonic: number;
}

export class TokenMemory {
  #held: Held | undefined;
  #from = 0;
  #until = 0;
  #mark: string | undefined;
  #isDistrusted = false;

  constructor(
    private readonly clock: Clock,
    private readonly minValidityMs: number,
    private readonly toleranceMs: number,
  ) {}

  /** The token, while nothing needs to be looked at. */
  hot(): Promise<string> | undefined {
    const now = this.clock.now();
    return now < this.#until && now >= this.#from ? this.#held?.promise : undefined;
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** Milliseconds that the held token truly has: the lesser of what the two clocks say. */
  left(now = this.clock.now()): number {
    if (this.#held === undefined) return 0;
    return Math.min(
      timeLeft(this.#held.token, now, this.toleranceMs),
      this.#held.expiresAtMonotonic - this.clock.monotonic(),
    );
  }

  /** Holds the token of a record that was read while the store bore `mark`; `watched` says whether the mark must be looked at. */
  hold(record: SessionRecord, mark: string | undefined, watched: boolean): void {
    const token = accessTokenOf(record);
    if (token === undefined) return this.drop();
    if (this.#held?.token.token !== token.token || this.#held.record.id !== record.id) {
      const left = timeLeft(token, this.clock.now(), this.toleranceMs);
      const promise = Promise.resolve(token.token);
      this.#held = { record, token, promise, expiresAtMonotonic: this.clock.monotonic() + left };
    } else {
      this.#held = { ...this.#held, record };
    }
    this.#mark = mark;
    this.#isDistrusted = false;
    this.#open(watched);
  }

  /** Whether the store still bears the mark, looked at no more than once a second; opens the next window. */
  stillMarked(mark: () => string | undefined, watched: boolean): boolean {
    if (this.#held === undefined || this.#isDistrusted) return false;
    if (watched && mark() !== this.#mark) return false;
    this.#open(watched);
    return true;
  }

  /** Nothing is trusted until the store has been looked at. */
  distrust(): void {
    this.#until = 0;
    this.#isDistrusted = true;
  }

  drop(): void {
    this.#held = undefined;
    this.#until = 0;
  }

  #open(watched: boolean): void {
    const now = this.clock.now();
    const fresh = now + this.left(now) - this.minValidityMs;
    this.#from = now;
    this.#until = watched ? Math.min(fresh, now + LOOK_EVERY_MS) : fresh;
  }
}
