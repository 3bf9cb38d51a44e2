/** Waiting for the holder of a lock file: the end of its connection wakes the waiter, a timer does where there is none. */
import type { Clock, LockOptions } from "../../ports.js";
import { abortedWait } from "../../session/in-memory.js";
import type { Seen } from "./lock-file.js";
import { HolderConnection } from "./lock-socket.js";
import { StaleJudge } from "./lock-takeover.js";
import { type Life, ownIdentity } from "./process-identity.js";

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;
/** Somebody may have removed the file of a holder that lives on. */
const CONNECTED_PAUSE_MS = 1000;

export class LockWait {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  readonly #longestMs: number;
  /** The holder that is waited for. */
  #version: string | undefined;
  #realm: string | undefined;
  #connection: HolderConnection | undefined;

  constructor(clock: Clock, { timeoutMs, signal, pollMs = LONGEST_PAUSE_MS }: Omit<LockOptions, "instead">) {
    this.#clock = clock;
    this.#signal = signal;
    this.#deadline = clock.monotonic() + timeoutMs;
    this.#longestMs = pollMs;
  }

  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#deadline;
  }

  /** What the holder's socket says. Refused is dead only where boot and process namespace are ours: others may share the path. */
  lifeOf(seen: Seen): Life {
    if (seen.version !== this.#version) return "unknown";
    const state = this.#connection?.state;
    if (state === "connected" || state === "busy") return "alive";
    return state === "refused" && this.#realm !== "" && this.#realm === ownIdentity().realm ? "dead" : "unknown";
  }

  /** Ends early when something has happened to the holder. Rejects with AbortedError. */
  async pause(round: number, blocker: Seen | undefined): Promise<void> {
    this.#connectTo(blocker);
    const isConnected = this.#connection?.state === "connected";
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(round, 10), this.#longestMs);
    // Between half and all of it, so that many waiters do not come in step.
    const wanted = isConnected ? CONNECTED_PAUSE_MS : longest * (0.5 + Math.random() / 2);
    await this.#sleep(Math.min(wanted, this.#deadline - this.#clock.monotonic()));
  }

  /** What was observed so far serves the next wait. */
  end(): void {
    this.#connection?.close();
    this.#connection = undefined;
    this.#version = undefined;
    StaleJudge.of(this.#clock).rest();
  }

  #connectTo(blocker: Seen | undefined): void {
    const isSame = blocker?.version === this.#version;
    const state = this.#connection?.state;
    // A holder whose connection ended may be giving its lock back, or have died; one that was busy is asked again.
    if (isSame && state !== "ended" && state !== "busy") return;
    this.#connection?.close();
    const address = blocker?.holder?.socket;
    this.#version = blocker?.version;
    this.#realm = blocker?.holder?.realm;
    this.#connection = address === undefined ? undefined : new HolderConnection(address);
  }

  #sleep(ms: number): Promise<void> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const end = () => {
        cancel();
        signal?.removeEventListener("abort", onAbort);
        if (this.#connection) this.#connection.onChange = () => {};
      };
      const onAbort = () => {
        end();
        reject(abortedWait());
      };
      const wake = () => {
        end();
        resolve();
      };
      const cancel = this.#clock.after(ms, wake);
      if (this.#connection) this.#connection.onChange = wake;
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
