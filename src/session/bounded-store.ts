/** A store whose calls end in time and fail in one way: with StorageError. */
import { codeOf, isKeystoneAuthError, StorageError } from "../errors.js";
import type { Change, Clock, RecordStore } from "../ports.js";
import { beforeDeadline } from "../settle.js";

/** A store that failed or hung is left alone for so long by calls that can do without it. */
const TROUBLE_MS = 5000;

export class BoundedStore implements RecordStore {
  #failedAt: number | undefined;
  #hasHung = false;
  #hanging = 0;
  #calls = 0;
  /** Settles with the last change that was begun, or given up. Never rejects. */
  #updated: Promise<void> = Promise.resolve();
  /** The last call that has succeeded: one from before it says nothing of the store by now. */
  #wellSince = 0;

  /** `onEnded` is called when a change that was given up has landed after all, perhaps with an older write. */
  constructor(
    private readonly store: RecordStore,
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly onEnded: () => void,
  ) {}

  /** Whether the last call failed a moment ago, so that the next would likely wait for nothing. */
  get isInTrouble(): boolean {
    return this.#failedAt !== undefined && this.clock.monotonic() - this.#failedAt < TROUBLE_MS;
  }

  /** Whether the last call got no answer at all. */
  get hasHung(): boolean {
    return this.#hasHung;
  }

  /** Whether a call that was given up has not ended yet: its write may still land. */
  get mayWriteLate(): boolean {
    return this.#hanging > 0;
  }

  read(key: string, isEnding?: boolean): Promise<unknown> {
    return this.#bounded("read", () => this.store.read(key, isEnding));
  }

  /**
   * One after the other: each finds what the one before has left, or has been refused. `change` is not asked any more once
   * the call was given up, so that nothing new lands late.
   */
  update(key: string, change: Change): Promise<void> {
    const before = this.#updated;
    const updating = this.#change(
      (isGivenUp) => this.store.update(key, (...found) => (isGivenUp() ? undefined : change(...found))),
      before,
    );
    this.#updated = updating.catch(() => {});
    return updating;
  }

  put(key: string, value: unknown): Promise<void> {
    return this.#bounded("written", () => this.store.put(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#change(() => this.store.delete(key));
  }

  /** The wait for the change before it is part of its bound. */
  async #change(start: (isGivenUp: () => boolean) => Promise<void>, before?: Promise<void>): Promise<void> {
    let isGivenUp = false;
    let isOver = false;
    const end = (hasWritten: boolean) => {
      isOver = true;
      if (isGivenUp) this.#end(hasWritten);
    };
    const call = async () => {
      if (before) await before;
      const changing = start(() => isGivenUp);
      changing.then(
        () => end(true),
        () => end(false),
      );
      await changing;
    };
    try {
      await this.#bounded("written", call);
    } catch (error) {
      isGivenUp = true;
      if (!isOver) this.#hanging += 1;
      throw error;
    }
  }

  #end(hasWritten: boolean): void {
    this.#hanging -= 1;
    // What failed after all has changed nothing.
    if (hasWritten) this.onEnded();
  }

  async #bounded<T>(doing: "read" | "written", call: () => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this;
    this.#calls += 1;
    const number = this.#calls;
    let isLate = false;
    const late = () => {
      isLate = true;
      const limit = `${timeoutMs / 1000} s`;
      return new StorageError("unavailable", `The session store did not answer within ${limit}.`, {
        causeCode: "ETIMEDOUT",
      });
    };
    try {
      const result = await beforeDeadline(clock, timeoutMs, late, call);
      this.#wellSince = Math.max(this.#wellSince, number);
      this.#failedAt = undefined;
      this.#hasHung = false;
      return result;
    } catch (error) {
      if (number > this.#wellSince) {
        this.#failedAt = clock.monotonic();
        this.#hasHung = isLate;
      }
      throw storageError(error, doing);
    }
  }
}

/** Reduces whatever a store throws to its code: a message of a foreign store could hold a record. */
function storageError(error: unknown, doing: "read" | "written"): StorageError {
  if (isKeystoneAuthError(error) && error.code === "storage") return error as StorageError;
  const name = (error as { name?: unknown } | null | undefined)?.name;
  const code = codeOf(error);
  const full = name === "QuotaExceededError" || code === "ENOSPC" || code === "EDQUOT";
  return new StorageError(
    full ? "full" : "unavailable",
    `The session store could not be ${doing}${full ? ": no space is left" : ""}. Call again.`,
    { causeCode: code ?? (typeof name === "string" ? name : undefined) },
  );
}
