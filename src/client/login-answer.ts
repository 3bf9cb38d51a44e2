/**
 * The answer to a login that has left the page. It is finished when the client is made, since a code does not live long; the
 * calls that come meanwhile wait for it, and those that it concerns are told how it failed.
 */
import { isKeystoneAuthError, LoginRequiredError } from "../errors.js";
import type { TokenRequest } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { Session } from "../session/session.js";
import { untilAborted } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { Online } from "./online.js";
import type { Platform } from "./platform.js";

/** What became of an answer: neither where it was not ours, or of no use. */
interface Outcome {
  readonly record?: SessionRecord | undefined;
  readonly failure?: unknown;
}

/** A call, as far as it matters here; `isAsked` by the person, as by a click. */
type Asking = Pick<TokenRequest, "interaction" | "signal"> & { readonly isAsked: boolean };

export class LoginAnswer {
  #finishing: Promise<Outcome> | undefined;
  /** Until a call has taken the session up, or a person asks anew. */
  #last: Outcome = {};
  #isTold = false;
  /** This client's own sign-outs when the answer was first seen: one since then ends it. */
  #seenAt: number | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    private readonly session: Session,
    private readonly online: () => Promise<Online>,
  ) {
    void this.#begin();
  }

  /** Resolves when no answer is being finished. Never rejects. */
  async settled(): Promise<void> {
    await this.#begin();
  }

  /**
   * What a call is given of the answer: its session, or the failure that it is told unless a session serves it. Who waits is
   * told; after that it is each call that does not leave by the person's doing, so that an app which asks whenever it is
   * loaded does not go round in circles.
   */
  async for({ interaction, isAsked, signal }: Asking): Promise<Outcome> {
    const finishing = this.#begin();
    if (finishing) return await untilAborted(finishing, signal);
    const isAnew = interaction !== "never" && (isAsked || (interaction === "allowed" && this.#isTold));
    if (isAnew) this.#last = {};
    return { failure: this.#last.failure };
  }

  /** A call is told of the failure. What may work when it is tried again is told once. */
  tell(failure: unknown): unknown {
    this.#isTold = true;
    if (!isKeystoneAuthError(failure) || failure.retryable) this.#last = {};
    return failure;
  }

  /**
   * A call is given a session. The first one after an answer comes by here: what was held while that was finished is trusted
   * when it is asked for.
   */
  served(record: SessionRecord): SessionRecord {
    this.#last = {};
    return record;
  }

  /**
   * The session that a `signIn()` has by the answer, where it has one: an app that signs in whenever it is loaded would else leave again
   * and again. Throws where nobody was told yet that it failed.
   */
  async serves({ isAsked, signal }: Omit<Asking, "interaction">): Promise<SessionRecord | undefined> {
    const finishing = this.#begin();
    // A session that was begun before this call is no answer to it.
    const before = isAsked ? {} : { failure: this.#last.failure };
    const { record, failure }: Outcome = finishing ? await untilAborted(finishing, signal) : before;
    const isTold = !finishing && this.#isTold;
    this.#last = {};
    if (failure && !isTold) throw failure;
    return record;
  }

  #begin(): Promise<Outcome> | undefined {
    if (this.#finishing || !this.platform.hasResponse?.()) return this.#finishing;
    this.#seenAt ??= this.session.signOuts.now().own;
    this.session.known.awaitsLogin = true;
    this.#finishing = this.#finish(this.#seenAt);
    this.platform.noteAnswer?.(this.#finishing);
    return this.#finishing;
  }

  /** Never rejects. */
  async #finish(own: number): Promise<Outcome> {
    let outcome: Outcome;
    try {
      outcome = { record: await (await this.online()).login.resume(own) };
    } catch (failure) {
      outcome = { failure };
      if (isKeystoneAuthError(failure)) this.config.log.warn(`the sign-in could not be finished: ${failure.message}`);
      // A sign-out ends the logins that wait for their answers, too.
      if (failure instanceof LoginRequiredError && failure.reason === "signed_out") await this.#end();
    }
    if (outcome.record || outcome.failure) {
      this.#last = outcome;
      this.#isTold = false;
    }
    if (!this.platform.hasResponse?.()) this.#seenAt = undefined;
    this.#finishing = undefined;
    this.session.known.awaitsLogin = false;
    return outcome;
  }

  async #end(): Promise<void> {
    try {
      await this.platform.endResponse?.((await this.session.open()).key);
    } catch {
      this.config.log.debug("the answer in the address could not be used up");
    }
  }
}
