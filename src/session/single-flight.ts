/** One running promise for all who ask for the same thing at the same time. */
import { abortedError, untilAborted } from "../settle.js";

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly abandon: AbortController;
  waiting: number;
}

/**
 * Every caller keeps its own AbortSignal: an abort takes that caller out and leaves the rest waiting. When the last one
 * has gone, the work is told by the signal it was started with.
 */
export class SingleFlight<T> {
  #flight: Flight<T> | undefined;

  get running(): boolean {
    return this.#flight !== undefined;
  }

  /** Joins the running work, or starts it. */
  async join(start: (abandoned: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw abortedError();
    const flight = this.#flight ?? this.#start(start);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.promise, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#leave(flight);
    }
  }

  /** Gives the running work up for `reason`, whoever waits for it: a later caller must not join it. */
  abandon(reason: Error): void {
    const flight = this.#flight;
    this.#flight = undefined;
    flight?.abandon.abort(reason);
  }

  /** Leaves the running work to those that wait for it: a later caller begins its own. */
  detach(): void {
    this.#flight = undefined;
  }

  #start(start: (abandoned: AbortSignal) => Promise<T>): Flight<T> {
    const abandon = new AbortController();
    // At once, so that no sign-out and no close() comes between the call and its work. A throw is a rejection like any other.
    const promise = (async () => await start(abandon.signal))();
    const flight: Flight<T> = { promise, abandon, waiting: 0 };
    // Whoever aborted no longer listens: a rejection that nobody waits for must not be unhandled.
    // And it is forgotten before anybody hears, so that who asks again then does not join it.
    const forget = () => this.#forget(flight);
    promise.then(forget, forget);
    this.#flight = flight;
    return flight;
  }

  #leave(flight: Flight<T>): void {
    // A later caller must not join work that is being given up.
    this.#forget(flight);
    flight.abandon.abort(abortedError());
  }

  #forget(flight: Flight<T>): void {
    if (this.#flight === flight) this.#flight = undefined;
  }
}
