/**
 * The access token in memory: what the hot path reads. It is trusted for a window of wall time only, so that two
 * comparisons notice expiry, a jump of the clock in either direction, and that it is time to ask whether somebody else has
 * changed the session.
 */
import type { Clock, StoreWatch } from "../ports.js";
import { missingClaim, type RequiredClaims } from "../options/required-claims.js";
import { accessTokenOf, neededMs, type SessionRecord, type StoredAccessToken, timeLeft } from "../token-set.js";

export interface Held {
  readonly record: SessionRecord;
  readonly token: StoredAccessToken;
  /** Made once: handing out the same settled promise is what makes the hot path cheap. */
  readonly promise: Promise<string>;
  /** By the monotonic clock, which no jump of the wall clock can stretch. */
  readonly expiresAtMonotonic: number;
  /** Whether the token lacks a claim that the program requires: found out once a token. */
  readonly isLacking: boolean;
}

export class TokenMemory {
  readonly #clock: Clock;
  readonly #minValidityMs: number;
  readonly #toleranceMs: number;
  readonly #required: RequiredClaims;
  #held: Held | undefined;
  #from = 0;
  #until = 0;
  #isDistrusted = false;
  #hasServed = false;

  constructor(clock: Clock, minValidityMs: number, toleranceMs: number, required: RequiredClaims = {}) {
    this.#clock = clock;
    this.#minValidityMs = minValidityMs;
    this.#toleranceMs = toleranceMs;
    this.#required = required;
  }

  /** The token, while nothing has to be asked. */
  hot(): Promise<string> | undefined {
    const now = this.#clock.now();
    return now < this.#until && now >= this.#from ? this.#held?.promise : undefined;
  }

  /** Whether a token may have been given from here: a page that has had one is not left without its user's doing. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** A token was given. */
  serves(): void {
    this.#hasServed = true;
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** Whether the held token must not be given, since it lacks a claim. */
  get isLacking(): boolean {
    return this.#held?.isLacking === true;
  }

  /** Milliseconds that the held token truly has: the lesser of what the two clocks say. */
  left(now = this.#clock.now()): number {
    if (this.#held === undefined) return 0;
    return Math.min(
      timeLeft(this.#held.token, now, this.#toleranceMs),
      this.#held.expiresAtMonotonic - this.#clock.monotonic(),
    );
  }

  /** What the clocks say of any token; the monotonic one knows a held token only. */
  leftOf(token: StoredAccessToken | undefined): number {
    if (token === undefined) return 0;
    const left = timeLeft(token, this.#clock.now(), this.#toleranceMs);
    return this.#held?.token.token === token.token ? Math.min(left, this.left()) : left;
  }

  /** The record whose token may be given: one that is trusted, or that the watch knows to be unchanged. */
  current(watch: StoreWatch | undefined): SessionRecord | undefined {
    if (this.#held === undefined || this.#isDistrusted || this.left() <= 0) return undefined;
    if (this.hot() === undefined) {
      if (watch === undefined || watch.hasChanged()) return undefined;
      this.trust(watch.trustMs);
    }
    return this.#held.record;
  }

  /** Holds the token of a record that was just read. It is trusted while it is fresh, and for `longestMs` at the most. */
  hold(record: SessionRecord, longestMs?: number): void {
    const token = accessTokenOf(record);
    if (token === undefined) return this.drop();
    if (this.#held?.token.token !== token.token || this.#held.record.id !== record.id) {
      const left = timeLeft(token, this.#clock.now(), this.#toleranceMs);
      const promise = Promise.resolve(token.token);
      const expiresAtMonotonic = this.#clock.monotonic() + left;
      const isLacking = missingClaim(token.token, this.#required) !== undefined;
      this.#held = { record, token, promise, expiresAtMonotonic, isLacking };
    } else {
      this.#held = { ...this.#held, record };
    }
    this.#isDistrusted = false;
    this.trust(longestMs);
  }

  /** What is held may be given for so long again. */
  trust(longestMs = Number.POSITIVE_INFINITY): void {
    if (this.#held === undefined) return;
    const now = this.#clock.now();
    const fresh = this.left(now) - neededMs(this.#held.token, this.#minValidityMs);
    this.#from = now;
    this.#until = this.#held.isLacking ? 0 : now + Math.min(fresh, longestMs);
    // From now on a call may get it without anybody noticing.
    this.#hasServed ||= this.#until > now;
  }

  get isDistrusted(): boolean {
    return this.#isDistrusted;
  }

  /** Nothing is trusted until the store has been read. */
  distrust(): void {
    this.#until = 0;
    this.#isDistrusted = true;
  }

  drop(): void {
    this.#held = undefined;
    this.#until = 0;
  }
}
