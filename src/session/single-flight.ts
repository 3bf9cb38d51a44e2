/** One running promise for all who ask for the same thing at the same time. */
import { AbortedError } from "../errors.js";

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly abandon: AbortController;
  waiting: number;
}

/** The reason that an aborted caller sees, whatever reason its own signal carries. */
export function abortedError(): AbortedError {
  return new AbortedError("The call was aborted by its signal; the session is as it was. Call again to go on.");
}

/** Rejects when the signal fires, else settles as `promise` does; leaves no listener behind. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedError());
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
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

  #start(start: (abandoned: AbortSignal) => Promise<T>): Flight<T> {
    const abandon = new AbortController();
    // The work begins in a later microtask, so that a throw at its start is a rejection like any other.
    const promise = Promise.resolve().then(() => start(abandon.signal));
    const flight: Flight<T> = { promise, abandon, waiting: 0 };
    // Whoever aborted no longer listens: a rejection that nobody waits for must not be unhandled.
    promise.catch(() => {}).finally(() => this.#forget(flight));
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
