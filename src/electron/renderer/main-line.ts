/** The bridge to the main process, and the calls over it: options out, results or errors back, an abort as a message of its own. */
import { systemClock } from "../../clock.js";
import { EnvironmentError, ResponseError } from "../../errors.js";
import { pause, untilAborted } from "../../settle.js";
import {
  type Answer,
  BRIDGE,
  type Bridge,
  type CallOptions,
  type EventData,
  type Method,
  VERSION,
} from "../messages.js";
import { rebuildError } from "../errors.js";
import type { WindowSession } from "./window-session.js";

/** Each question that nobody answers is a line on the main process's stderr. */
const LONGEST_PAUSE_MS = 10_000;

/** The bridge that the preload script put into this page. @throws EnvironmentError (`environment`) */
export function findBridge(): Bridge {
  const { location, [BRIDGE]: bridge } = globalThis as { location?: Location; [BRIDGE]?: Partial<Bridge> };
  if (location?.protocol === "file:") {
    throw new EnvironmentError(
      "This page is a file: address, which has no origin by which the main process could know it. Serve it by a scheme of " +
        "your own that is registered as standard and secure (protocol.registerSchemesAsPrivileged).",
    );
  }
  if (typeof bridge?.call !== "function" || typeof bridge.listen !== "function") {
    throw new EnvironmentError(
      "There is no bridge to Electron's main process in this page. Give the window the preload script " +
        "keystone-auth/electron/preload (webPreferences.preload) and leave contextIsolation on; a window that a page opens " +
        "by window.open needs it too (overrideBrowserWindowOptions); call exposeTokens once. The event preload-error of the " +
        "window's webContents says what went wrong. In a browser use keystone-auth/browser instead.",
    );
  }
  if (bridge.version !== VERSION) {
    const problem = "The preload script is of another release of keystone-auth than this page.";
    throw new EnvironmentError(`${problem} Use the same release for both.`);
  }
  return bridge as Bridge;
}

export class MainLine {
  constructor(
    private readonly bridge: Bridge,
    private readonly channel: string,
    private readonly session: WindowSession,
  ) {}

  /** Rejects with the error that the main process met, rebuilt; with AbortedError as soon as the signal fires. */
  async call(method: Method, options: CallOptions, signal?: AbortSignal): Promise<unknown> {
    let sent: ReturnType<Bridge["call"]>;
    try {
      sent = this.bridge.call(this.channel, method, options);
    } catch {
      return this.#refuse();
    }
    const { answer, cancel } = sent;
    const read = answer.then(
      (value) => this.#read(value as Answer | null | undefined),
      () => this.#refuse(),
    );
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await untilAborted(read, signal);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * Asks for the events: the main process sends them to the documents that have called it. Goes on asking until `serveTokens`
   * is there; what refuses this page is an answer. Rejects when the signal fires.
   */
  async subscribe(signal: AbortSignal): Promise<void> {
    for (let pauseMs = 250; !(await this.#isAnswered()); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await pause(systemClock, pauseMs, signal);
    }
  }

  async #isAnswered(): Promise<boolean> {
    try {
      const { answer } = this.bridge.call(this.channel, "subscribe", {});
      return await answer.then(
        () => true,
        () => false,
      );
    } catch {
      // The preload script does not let this page use the channel.
      return true;
    }
  }

  listen(listener: (event: EventData) => void): () => void {
    return this.bridge.listen(this.channel, (event) => listener(event as EventData));
  }

  async #read(answer: Answer | null | undefined): Promise<unknown> {
    await this.session.whenTold(answer?.news ?? 0);
    if (answer?.ok === true) return answer.value;
    if (answer?.ok === false) throw rebuildError(answer.error);
    throw new ResponseError("The main process answered something else than a result.");
  }

  /** What Electron says is one sentence, and may quote what was sent. */
  #refuse(): never {
    throw new EnvironmentError(
      `The main process does not answer on the channel "${this.channel}": call serveTokens there before windows are opened, ` +
        "with the same channel.",
    );
  }
}
