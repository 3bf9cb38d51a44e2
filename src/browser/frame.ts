/** Carries an authorization request to the provider in a hidden frame, without a person (`prompt=none`). */
import { AbortedError, LoginRequiredError, ResponseError, TimeoutError } from "../errors.js";
import type { AuthorizationAgent, AuthorizationPrompt } from "../ports.js";
import { waitFor } from "./callback-window.js";
import { onPolicyViolation } from "./policy-violation.js";
import { visitProvider } from "./window-visit.js";
import { type HiddenFrame, prepareFrame } from "./windows.js";

const LOOK_EVERY_MS = 200;
/** The directives that can keep a frame away; which one is named differs by browser and age. */
const FRAME_DIRECTIVES = ["frame-src", "child-src", "default-src"];

/** Why a frame has brought no answer. */
export type Unanswered = "timeout" | "blocked" | "no_answer";

export class FrameAgent implements AuthorizationAgent {
  readonly #stop = new AbortController();
  #frame: HiddenFrame | undefined;
  #unanswered: Unanswered | undefined;
  #release = () => {};

  constructor(
    private readonly redirectUri: string,
    private readonly timeoutMs: number,
  ) {}

  /** Why the frame has brought no answer; `undefined` where it has, or where that says nothing of the next one. */
  get unanswered(): Unanswered | undefined {
    return this.#unanswered;
  }

  async prepare(): Promise<{ redirectUri: string }> {
    return { redirectUri: this.redirectUri };
  }

  async authorize({ url, state }: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams> {
    const blocked = new AbortController();
    const origins = [new URL(url).origin, location.origin];
    const unlisten = onPolicyViolation(FRAME_DIRECTIVES, origins, () => {
      blocked.abort(this.#because("blocked", new TimeoutError(`${BLOCKED} ${POLICIES}`)));
    });
    const unwait = waitFor(state);
    this.#release = () => {
      unlisten();
      unwait();
    };
    const hidden = await prepareFrame();
    this.#frame = hidden;
    const { frame, page } = hidden;
    const { timeoutMs } = this;
    const signals = [signal, this.#stop.signal, blocked.signal];
    const go = () => frame.navigate({ url, state });
    const watchClosing = (onClosed: () => void) => watchRemoval(page, onClosed);
    const visit = { window: page, state, passesStrangers: true, timeoutMs, signals, go, watchClosing };
    // At once: a page of ours in it must not go on.
    const end = await visitProvider(visit).finally(() => hidden.close());
    if (end.how === "answered") return end.url.searchParams;
    if (end.how === "closed")
      throw new ResponseError("The silent sign-in's frame was taken away before it had answered. Call again.");
    if (end.how === "returned")
      throw this.#because("no_answer", new LoginRequiredError("provider_requires_interaction", RETURNED));
    const late = `The provider did not answer the silent sign-in within ${timeoutMs / 1000} s (option silentLoginTimeoutSeconds).`;
    throw this.#because("timeout", new TimeoutError(`${late} ${POLICIES}`));
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {
    this.#stop.abort(new AbortedError("The frame is no longer needed."));
    this.#release();
    this.#frame?.close();
  }

  #because<E>(unanswered: Unanswered, error: E): E {
    this.#unanswered = unanswered;
    return error;
  }
}

const BLOCKED = "This page's Content-Security-Policy blocked the frame of the silent sign-in.";
const POLICIES =
  "Its frame needs `frame-src 'self'` and the issuer's origin in this page's Content-Security-Policy, and neither the provider nor " +
  "the page of the redirect URI may refuse to be framed by this origin (`frame-ancestors`, X-Frame-Options).";
const RETURNED =
  "The provider sent the silent sign-in's frame back without an answer to it. Sign in by a call that may ask a person.";

/** A page may take its frames away at any time, and no event tells of it. */
function watchRemoval(page: Window, onRemoved: () => void): () => void {
  const interval = setInterval(() => {
    if (page.closed) onRemoved();
  }, LOOK_EVERY_MS);
  return () => clearInterval(interval);
}
