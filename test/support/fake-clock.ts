/** A clock that stands still until a test moves it. */
import type { Clock } from "../../src/ports.js";

interface Sleeper {
  readonly dueAt: number;
  /** A timer that keeps no program alive is no leak. */
  readonly inBackground: boolean;
  readonly wake: () => void;
}

// Enough for any chain of awaits between two sleeps. Microtasks only: a timer here would be real time again.
const TURNS = 100;

async function letMicrotasksRun(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
}

/**
 * `Clock` for tests. Sleeps end by `advance()` alone. Where real I/O comes between two sleeps, `advance()` cannot wait
 * for it: `await clock.waitForSleepers()` first.
 */
export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];

  /** @param now wall time in milliseconds since the epoch [2026-01-01T00:00:00Z] */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#wall = now;
  }

  // Bound, so that `clock.now` can be handed on by itself, as to the fake provider's `now`.
  readonly now = (): number => this.#wall;

  monotonic(): number {
    return this.#monotonic;
  }

  /** How many sleeps are pending: 0 when nothing has leaked. */
  get sleepers(): number {
    return this.#sleepers.filter(({ inBackground }) => !inBackground).length;
  }

  /** Milliseconds until each pending sleep ends, the next one first. */
  get pendingMs(): number[] {
    return this.#sleepers.map((sleeper) => sleeper.dueAt - this.#monotonic);
  }

  after(ms: number, action: () => void): () => void {
    return this.#sleep(ms, action, false);
  }

  background(ms: number, action: () => void): () => void {
    return this.#sleep(ms, action, true);
  }

  #sleep(ms: number, action: () => void, inBackground: boolean): () => void {
    const sleeper: Sleeper = { dueAt: this.#monotonic + ms, wake: action, inBackground };
    this.#add(sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    };
  }

  /** Lets time pass: both clocks move, due sleepers wake in order, and what they wait for next may fall due too. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await letMicrotasksRun();
    for (let next = this.#sleepers[0]; next !== undefined && next.dueAt <= end; next = this.#sleepers[0]) {
      this.#sleepers.shift();
      this.#moveTo(Math.max(next.dueAt, this.#monotonic));
      next.wake();
      await letMicrotasksRun();
    }
    this.#moveTo(Math.max(end, this.#monotonic));
    await letMicrotasksRun();
  }

  /** Moves the wall clock alone, as a correction of the time or a machine's sleep does. May be negative. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** Resolves once so many sleeps [1] are pending. */
  waitForSleepers(count = 1): Promise<void> {
    if (this.#sleepers.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #add(sleeper: Sleeper): void {
    const later = this.#sleepers.findIndex((other) => other.dueAt > sleeper.dueAt);
    this.#sleepers.splice(later === -1 ? this.#sleepers.length : later, 0, sleeper);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (this.#sleepers.length < waiter.count) return true;
      waiter.resolve();
      return false;
    });
  }
}
