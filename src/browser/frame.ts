/** Carries an authorization request to the provider in a hidden frame, without a person (`prompt=none`). */
import { ResponseError, TimeoutError } from "../errors.js";
import type { AuthorizationAgent, AuthorizationPrompt, Clock } from "../ports.js";
import { beforeDeadline } from "../settle.js";
import { waitFor } from "./callback-window.js";
import { type IWindow, prepareFrame } from "./windows.js";

export class FrameAgent implements AuthorizationAgent {
  readonly #stop = new AbortController();
  #frame: IWindow | undefined;
  #release = () => {};

  constructor(
    private readonly redirectUri: string,
    private readonly timeoutMs: number,
    private readonly clock: Clock,
  ) {}

  async prepare(): Promise<{ redirectUri: string }> {
    return { redirectUri: this.redirectUri };
  }

  async authorize({ url, state }: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { signal: this.#stop.signal });
    });
    aborted.catch(() => {});
    this.#release = waitFor(state);
    this.#frame = await prepareFrame();
    signal.throwIfAborted();
    const answer = this.#frame.navigate({ url, state }).catch(() => {
      throw new ResponseError("The silent sign-in's frame was taken away before it had answered.");
    });
    answer.catch(() => {});
    const late = () =>
      new TimeoutError(
        `The provider did not answer the silent sign-in within ${this.timeoutMs / 1000} s (option silentLoginTimeoutSeconds); it may refuse to be shown in a frame.`,
      );
    const first = () => Promise.race([answer, aborted]);
    return new URL((await beforeDeadline(this.clock, this.timeoutMs, late, first)).url).searchParams;
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort();
    this.#release();
    this.#frame?.close();
  }
}
