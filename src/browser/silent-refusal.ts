/**
 * What the last silent login has met: a provider that wants a person, or a frame that brings no answer. It is remembered over
 * the tabs for some minutes, with growing gaps, so that an app that asks often does not ask the provider each time. A record
 * beside the session's, without any token; forgotten when somebody signs in.
 */
import { LoginRequiredError } from "../errors.js";
import type { Clock, RecordStore } from "../ports.js";
import { beforeDeadline } from "../settle.js";

/** How long it is remembered: the first time, the second, and from then on. */
const GAPS_MS = [60_000, 240_000, 600_000] as const;
/** A store that answers no sooner must not hold up the login. */
const STORE_MS = 1000;

interface Refusal {
  readonly count: number;
  /** Wall time in milliseconds. */
  readonly at: number;
  /** A short code: the provider's `error`, or what became of the frame. */
  readonly said: string;
}

const isRefusal = (value: unknown): value is Refusal => {
  const refusal = value as Partial<Refusal> | null | undefined;
  return (
    typeof refusal?.at === "number" &&
    Number.isSafeInteger(refusal.count) &&
    typeof refusal.said === "string" &&
    /^[a-z_]{1,40}$/.test(refusal.said)
  );
};

const nameOf = (key: string) => `silent.${key}`;

export class SilentRefusals {
  constructor(
    private readonly notes: RecordStore,
    private readonly clock: Clock,
  ) {}

  /** What a silent login would meet again, as far as is known. Never rejects. */
  async recall(key: string): Promise<LoginRequiredError | undefined> {
    const found = await this.#within(() => this.notes.read(nameOf(key)));
    if (!isRefusal(found)) return undefined;
    const age = this.clock.now() - found.at;
    const gap = GAPS_MS[Math.min(found.count, GAPS_MS.length) - 1] ?? 0;
    // A clock that has gone back makes the age unknown.
    if (age < 0 || age >= gap) return undefined;
    return new LoginRequiredError(
      "provider_requires_interaction",
      `The last silent sign-in ended without one (${found.said}), ${Math.round(age / 1000)} s ago, and is tried again ${gap / 60_000} min after it. Sign in by a call that may ask a person.`,
    );
  }

  /** Remembers what a silent login that began then has met. Never rejects. */
  async remember(key: string, said: string, began: number): Promise<void> {
    const at = this.clock.now();
    const change = (found: unknown) => {
      const before = isRefusal(found) ? found : undefined;
      // That of another tab, which has asked at the same time, is the same one.
      const count = before && before.at >= began ? before.count : (before?.count ?? 0) + 1;
      return { value: { count, at, said } };
    };
    await this.#within(() => this.notes.update(nameOf(key), change));
  }

  /** Somebody has signed in. Never rejects. */
  async forget(key: string): Promise<void> {
    const change = (found: unknown) => (found === undefined ? undefined : ({ delete: true } as const));
    await this.#within(() => this.notes.update(nameOf(key), change));
  }

  #within<T>(work: () => Promise<T>): Promise<T | undefined> {
    return beforeDeadline(this.clock, STORE_MS, () => new Error("late"), work).catch(() => undefined);
  }
}
