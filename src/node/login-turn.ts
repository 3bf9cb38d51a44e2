/**
 * One login on a machine: a second program waits for the first one's login and uses it. The first one's browser tab may be
 * forgotten, so that after some seconds the second one offers a login of its own; whichever is finished first serves it.
 */
import { codeOf } from "../errors.js";
import type { LoginAttempt } from "../client/platform.js";
import type { LockOptions } from "../ports.js";
import type { SessionRecord } from "../token-set.js";

/** A person is not waited for by the millisecond. */
const POLL_MS = 250;
/** Who signs in by a session of the browser's is done by then. */
const SAY_AFTER_MS = 1000;
/** Long enough for a person who is at it, and short for one who waits and sees nothing happen. */
const OWN_AFTER_MS = 10_000;

export interface TurnOptions {
  readonly loginTimeoutMs: number;
  /** Tells the person who is waited for. */
  readonly say: (text: string) => void;
  /** Tells the program that another one's session is used. */
  readonly onAdopted: () => void;
  /** The login itself. `lead` is what a person has to know before. */
  readonly signIn: (attempt: LoginAttempt, lead?: string) => Promise<SessionRecord>;
}

/** Signs in when nobody else does, or takes the session that somebody else has begun. */
export async function loginInTurn(attempt: LoginAttempt, options: TurnOptions): Promise<SessionRecord> {
  return await new LoginTurn(attempt, options).run();
}

class LoginTurn {
  readonly #name: string;
  readonly #startTime: () => void;
  #holder: string | undefined;
  #isBegun = false;

  constructor(
    private readonly attempt: LoginAttempt,
    private readonly options: TurnOptions,
  ) {
    this.#name = `login.${attempt.key}`;
    // The time of the other login is not this one's.
    this.#startTime = attempt.pauseTime();
  }

  async run(): Promise<SessionRecord> {
    const cancel = this.#sayLater();
    try {
      return await this.#waitFor(OWN_AFTER_MS, () => {
        cancel();
        return this.#signIn(this.attempt);
      });
    } catch (error) {
      if (this.#isBegun || codeOf(error) !== "lock_timeout") throw error;
    } finally {
      cancel();
    }
    return await this.#beside();
  }

  #sayLater(): () => void {
    const say = () => this.options.say(`Waiting for the sign-in that ${this.#holder ?? "another program"} has begun.`);
    const timer = setTimeout(say, SAY_AFTER_MS).unref();
    return () => clearTimeout(timer);
  }

  /** Runs the work under the lock, unless there is a session by then. */
  #waitFor(
    timeoutMs: number,
    work: () => Promise<SessionRecord>,
    signal: AbortSignal = this.attempt.signal,
  ): Promise<SessionRecord> {
    const options: LockOptions<SessionRecord> = {
      timeoutMs,
      signal,
      pollMs: POLL_MS,
      instead: () => this.#adopt().catch(() => undefined),
      onWait: (holder) => {
        this.#holder = holder;
      },
    };
    return this.attempt.lock.run(this.#name, options, async () => {
      if (signal.aborted) throw signal.reason;
      return (await this.#adopt()) ?? (await work());
    });
  }

  async #adopt(): Promise<SessionRecord | undefined> {
    const adopted = await this.attempt.adopt();
    if (adopted) this.options.onAdopted();
    return adopted;
  }

  #signIn(attempt: LoginAttempt, lead?: string): Promise<SessionRecord> {
    this.#isBegun = true;
    this.#startTime();
    return this.options.signIn(attempt, lead);
  }

  /** A login of its own, while the other one goes on. */
  async #beside(): Promise<SessionRecord> {
    const { attempt } = this;
    const over = new AbortController();
    const signal = AbortSignal.any([attempt.signal, over.signal]);
    const lead = "That sign-in is not finished yet. You can sign in here, too.";
    const own = this.#signIn({ ...attempt, signal }, lead);
    // It has the lock once the other one is done without a session: a third program then waits for this one.
    const other = this.#waitFor(this.options.loginTimeoutMs, () => own, signal);
    try {
      return await Promise.race([own, unlessItFails(other)]);
    } catch (error) {
      // The other one holds the only port that may be used.
      if (codeOf(error) !== "environment" || attempt.signal.aborted) throw error;
    } finally {
      over.abort();
      await Promise.allSettled([own, other]);
    }
    const startTime = attempt.pauseTime();
    return await this.#waitFor(this.options.loginTimeoutMs, () => {
      startTime();
      return this.options.signIn(attempt);
    });
  }
}

/** A promise that stays pending where the given one rejects. */
function unlessItFails<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    promise.then(resolve, () => {});
  });
}
