/**
 * A window that the provider has sent back to this origin, as the client finds it that is made there: it brings its answer to
 * the page that waits for it and closes; where nobody waits any more, since that page was reloaded or its time was up, it
 * finishes the login by itself and closes. Never does it show the whole app in a small window, with a code in its address.
 */
import type { LoginAttempt } from "../client/platform.js";
import { systemClock } from "../clock.js";
import { isKeystoneAuthError } from "../errors.js";
import type { BrowserConfig } from "../options/config.js";
import { exchangeCode } from "../protocol/token-endpoint.js";
import { beforeDeadline, pause } from "../settle.js";
import { removeState } from "./address-response.js";
import { answerWaitingWindow, broadcastAnswer } from "./callback-window.js";
import { exchangeLock } from "./exchange-lock.js";
import { replaceAddress } from "./page.js";
import type { PendingLogin, PendingLogins } from "./pending-logins.js";

/** A store that answers no sooner must not hold up the page. */
const READ_MS = 1000;
/** A window that is still there by then cannot be closed by us. */
const CLOSING_MS = 2000;
/** So long another client of the page, whose login it is, has to take it. */
const OWNER_MS = 5000;

/** A response that a popup has brought, and that nobody waits for. */
interface Unawaited {
  readonly url: URL;
  readonly state: string;
  readonly login: PendingLogin;
}

export class WindowReturn {
  /** Pending while this window may only be there to bring a response. */
  #looking: Promise<Unawaited | undefined> | undefined;

  /**
   * `first` is where the page was when the client was made. `pending` are the logins that left a page, `awaited` those that a
   * page waits for.
   */
  constructor(
    first: URL,
    private readonly config: BrowserConfig,
    private readonly pending: PendingLogins,
    private readonly awaited: PendingLogins,
    private readonly onBegun: (attempt: LoginAttempt) => Promise<void>,
  ) {
    const state = first.searchParams.get("state");
    // Nothing in the address speaks of a window.
    if (state === null) return;
    this.#looking = this.#look(first, state).catch(() => undefined);
    void this.#looking.then((found) => {
      if (found === undefined) this.#looking = undefined;
    });
  }

  get isPending(): boolean {
    return this.#looking !== undefined;
  }

  /** Resolves when the page is an ordinary one; never in a window that closes. */
  async settle(attempt: LoginAttempt): Promise<void> {
    const found = await this.#looking;
    if (found === undefined) return;
    try {
      await this.#finish(found, attempt);
    } catch (error) {
      const why = isKeystoneAuthError(error) ? `: ${error.message}` : "";
      this.config.log.info(`a popup that nobody waits for could not finish its sign-in${why}`);
    }
    await this.awaited.drop(found.state).catch(() => {});
    await closeWindow();
    this.#looking = undefined;
  }

  async #look(url: URL, state: string): Promise<Unawaited | undefined> {
    if (answerWaitingWindow(url)) return await closeWindow();
    // What shows this page in a frame is nobody that waits.
    if (window.parent !== window) return undefined;
    const login = await this.#find(state);
    if (login?.kind === "window") {
      clearAddress();
      // The page that waits may be out of sight, since the provider's page has severed its opener.
      if (window.opener === null && (await broadcastAnswer(url))) return await closeWindow();
      return { url, state, login };
    }
    if (login?.kind === "logout" && !url.searchParams.has("code") && !url.searchParams.has("error")) {
      await this.pending.drop(state);
      removeState(state);
    }
    return undefined;
  }

  async #find(state: string): Promise<PendingLogin | undefined> {
    const late = () => new Error("late");
    const find = async () => (await this.pending.find([state])) ?? (await this.awaited.find([state]));
    return await beforeDeadline(systemClock, READ_MS, late, find);
  }

  async #finish({ url, state, login: found }: Unawaited, attempt: LoginAttempt): Promise<void> {
    const { signal, lock, key } = attempt;
    // That of a sign-out has none, nor has that of a client whose session this page cannot see: there is nothing to do.
    if (found.transaction === undefined) return;
    const isOwner = found.owner === key;
    if (!isOwner) await pause(systemClock, OWNER_MS, signal);
    const options = { timeoutMs: this.config.loginTimeoutMs, signal };
    await lock.run(await exchangeLock(state), options, async () => {
      // Another client of this page is done by now.
      if (!isOwner) return;
      // Of all who know the code one takes the transaction.
      const taken = await this.awaited.take([state], key, "window");
      const transaction = taken?.transaction;
      if (transaction === undefined) return;
      const exchange = () => exchangeCode(attempt.server, url.searchParams, transaction, signal);
      await attempt.finish(exchange, taken?.signOuts);
      await this.onBegun(attempt);
    });
  }
}

const clearAddress = () => replaceAddress(location.pathname);

/** Closes this window. Resolves where the browser leaves it open: the page is then one like any other. */
async function closeWindow(): Promise<undefined> {
  clearAddress();
  window.close();
  // A frame closes with the page around it.
  if (window.parent !== window) await new Promise<never>(() => {});
  await pause(systemClock, CLOSING_MS);
  return undefined;
}
