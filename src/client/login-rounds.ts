/** A login of a program, begun anew when its user asks again: the browser's tab of the first one may be closed by now. */
import type { LoginRequest } from "../options/call.js";
import { abortedError, onAbort } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { Since } from "./login-attempt.js";
import type { LoginAttempt } from "./platform.js";

/** What a call asks for. */
export interface AskedLogin {
  readonly since: Since;
  readonly request: LoginRequest;
}

/** One of the logins that a call may take. */
export interface LoginRound extends AskedLogin {
  /** Fires when the round gives way to the next one, and when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Notes how far the round is. */
  observe(attempt: LoginAttempt): LoginAttempt;
}

export class LoginRounds {
  #next: AskedLogin | undefined;
  #isShown = false;
  #isFinishing = false;
  #giveWay = () => {};

  /** `run` runs one round; `settled` resolves when it has given back its port and its lock. */
  constructor(
    private readonly run: (round: LoginRound) => Promise<SessionRecord>,
    private readonly settled: () => Promise<unknown>,
  ) {}

  /** The outcome of the last round is that of all who wait. */
  async go(first: AskedLogin, abandoned: AbortSignal): Promise<SessionRecord> {
    const forget = onAbort(abandoned, () => this.#giveWay());
    try {
      for (let asked = first; ; ) {
        try {
          const record = await this.run(this.#begin(asked));
          if (this.#next === undefined) return record;
        } catch (error) {
          if (this.#next === undefined || abandoned.aborted) throw error;
        }
        await this.settled();
        if (abandoned.aborted) throw abortedError();
        asked = this.#next;
      }
    } finally {
      forget();
    }
  }

  /** Begins the login anew, unless it has not been shown yet, or its code has come. */
  again(asked: AskedLogin): void {
    const isPlain = Object.keys(asked.request.params).length === 0;
    if (isPlain && (!this.#isShown || this.#isFinishing)) return;
    this.#next = asked;
    // A code serves once: what has come is stored first.
    if (!this.#isFinishing) this.#giveWay();
  }

  #begin(asked: AskedLogin): LoginRound {
    const over = new AbortController();
    this.#next = undefined;
    this.#isShown = false;
    this.#isFinishing = false;
    this.#giveWay = () => over.abort();
    return { ...asked, signal: over.signal, observe: (attempt) => this.#observe(attempt) };
  }

  #observe(attempt: LoginAttempt): LoginAttempt {
    return {
      ...attempt,
      confirm: async () => {
        await attempt.confirm();
        this.#isShown = true;
      },
      hasAnswer: () => {
        attempt.hasAnswer();
        this.#isFinishing = true;
      },
    };
  }
}
