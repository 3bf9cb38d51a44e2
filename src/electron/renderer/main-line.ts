/** Calls to the main process: options out, results or errors back, an abort as a message of its own. */
import { EnvironmentError, ResponseError } from "../../errors.js";
import { untilAborted } from "../../settle.js";
import type { Answer, Bridge, CallOptions, EventData, Method } from "../messages.js";
import { rebuildError } from "../errors.js";

export class MainLine {
  constructor(
    private readonly bridge: Bridge,
    private readonly channel: string,
  ) {}

  /** Rejects with the error that the main process met, rebuilt; with AbortedError as soon as the signal fires. */
  async call(method: Method, options: CallOptions, signal?: AbortSignal): Promise<unknown> {
    const { answer, cancel } = this.#begin(method, options);
    const read = answer.then(
      (value) => readAnswer(value),
      () => {
        throw this.#nobodyAnswers();
      },
    );
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await untilAborted(read, signal);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  listen(listener: (event: EventData) => void): () => void {
    return this.bridge.listen(this.channel, (event) => listener(event as EventData));
  }

  #begin(method: Method, options: CallOptions): ReturnType<Bridge["call"]> {
    try {
      return this.bridge.call(this.channel, method, options);
    } catch {
      throw this.#nobodyAnswers();
    }
  }

  /** What Electron says is one sentence, and may quote what was sent. */
  #nobodyAnswers(): EnvironmentError {
    return new EnvironmentError(
      `The main process does not answer on the channel "${this.channel}": call serveTokens there before windows are opened, ` +
        "with the same channel.",
    );
  }
}

function readAnswer(value: unknown): unknown {
  const answer = value as Answer | null | undefined;
  if (answer?.ok === true) return answer.value;
  if (answer?.ok === false) throw rebuildError(answer.error);
  throw new ResponseError("The main process answered something else than a result.");
}
