/** One login at a time for a client: who waits, how long, and what becomes of its result. */
import { type KeystoneAuthError, TimeoutError } from "../errors.js";
import { type LoginRequest, PLAIN_LOGIN } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { signedOut } from "../session/login-required.js";
import type { Session } from "../session/session.js";
import type { Moment } from "../session/sign-out-mark.js";
import { abortedError, beforeDeadline } from "../settle.js";
import { SingleFlight } from "../session/single-flight.js";
import type { SessionRecord, TokenResponse } from "../token-set.js";
import type { EarlyPopup, LoginAttempt, Platform } from "./platform.js";

/** A login that is cancelled ends within moments, but for one in a page that is being left. */
const ENDING_MS = 1000;

/** The sign-outs that a call comes after, and the session that it has found and that does not serve it. */
type Since = Pick<Moment, "own"> &
  Partial<Pick<Moment, "others">> & { readonly found?: { readonly id?: string | undefined } };

export class Login {
  readonly #flight = new SingleFlight<SessionRecord>();
  readonly #silent = new SingleFlight<SessionRecord>();
  readonly #pending = new Set<AbortController>();
  readonly #sent = new Set<Promise<unknown>>();
  readonly #attempts = new Set<Promise<unknown>>();

  constructor(
    private readonly config: ClientConfig,
    private readonly platform: Platform,
    private readonly session: Session,
    private readonly server: AuthorizationServer,
  ) {}

  /**
   * Signs a person in, and gives the session that this began. A call that comes while a login runs joins it. `since` are the
   * sign-outs that the call comes after; of those by others the ones that are seen now, where it does not say.
   */
  signIn(
    popup: EarlyPopup | undefined,
    since: Since,
    signal?: AbortSignal,
    request: LoginRequest = PLAIN_LOGIN,
  ): Promise<SessionRecord> {
    if (this.#flight.running) this.config.log.debug("joins a login that runs");
    return this.#flight.join(
      (abandoned) => this.#attempt(abandoned, since, request, (attempt) => this.platform.login(attempt, popup)),
      signal,
    );
  }

  /** Tries it without a person, where the platform can. */
  silent(since: Since, signal?: AbortSignal): Promise<SessionRecord> {
    const { silentLogin } = this.platform;
    if (silentLogin === undefined) throw new TypeError("this platform has no silent login");
    return this.#silent.join((abandoned) => this.#attempt(abandoned, since, PLAIN_LOGIN, silentLogin), signal);
  }

  /**
   * Finishes a login whose response stands in the address bar, and gives its session. A code serves once, so that it goes
   * on when nobody waits any more: a framework that calls, aborts and calls again would else go to the provider for ever.
   * `own` is how often this client had signed out when the response was first seen.
   */
  resume(own: number): Promise<SessionRecord | undefined> {
    const resume = async (attempt: LoginAttempt) => await this.platform.resume?.(attempt);
    return this.#attempt(new AbortController().signal, { own }, PLAIN_LOGIN, resume);
  }

  /** Ends every pending login. A later call begins one of its own. */
  cancel(reason: KeystoneAuthError): void {
    for (const controller of this.#pending) controller.abort(reason);
    for (const flight of [this.#flight, this.#silent]) flight.abandon(reason);
  }

  /**
   * Resolves when every token response that was asked for has come and is stored, and what was cancelled has given back what
   * it held. Never rejects.
   */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#sent);
    const ended = async () => void (await Promise.allSettled(this.#attempts));
    await beforeDeadline(this.platform.clock, ENDING_MS, abortedError, ended).catch(() => {});
  }

  async #attempt<T>(
    abandoned: AbortSignal,
    since: Since,
    request: LoginRequest,
    work: (attempt: LoginAttempt) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    const { signal } = controller;
    const done = new AbortController();
    this.#pending.add(controller);
    abandoned.addEventListener("abort", () => controller.abort(abortedError()), { signal: done.signal });
    const ended = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
    );
    ended.catch(() => {});
    const { loginTimeoutMs } = this.config;
    const startTime = () =>
      this.platform.clock.after(loginTimeoutMs, () => controller.abort(nobodyFinished(loginTimeoutMs)));
    let cancel = startTime();
    const pauseTime = () => {
      cancel();
      return () => {
        cancel();
        if (!done.signal.aborted) cancel = startTime();
      };
    };
    try {
      const begun = this.#begin(signal, since, request, pauseTime).then((attempt) => {
        signal.throwIfAborted();
        return work(attempt);
      });
      this.#attempts.add(begun);
      const remove = () => this.#attempts.delete(begun);
      begun.then(remove, remove);
      return await Promise.race([begun, ended]);
    } finally {
      done.abort();
      cancel();
      this.#pending.delete(controller);
    }
  }

  async #begin(
    signal: AbortSignal,
    { found, ...since }: Since,
    request: LoginRequest,
    pauseTime: () => () => void,
  ): Promise<LoginAttempt> {
    const { session, server } = this;
    this.config.log.debug("a login begins");
    const { key, lock } = await session.open();
    // A store that cannot be read must not keep a person from signing in; then nobody else's login can be told, either.
    const { answers } = session.signOuts;
    const before = await session.readStored().then(
      (record) => ({ record }),
      () => undefined,
    );
    // What was known before may be old by now: a login that names too few sign-outs would be void.
    const isTold = answers !== session.signOuts.answers;
    const { ids, others } = session.signOuts.now();
    let began: Moment = { ids: isTold ? ids : undefined, others: isTold ? others : undefined, ...since };
    if (session.signOuts.isSince(began)) throw signedOut();
    const confirm = async () => {
      const isSure = await session.mustBeSince(began);
      const { ids, others } = session.signOuts.now();
      // Where the store has said nothing before a person is asked, what it says next counts as said before.
      if (isSure) began = { ...began, ids: began.ids ?? ids, others: began.others ?? others };
      else if (began.ids === undefined) began = { own: began.own, ids: undefined, others: undefined };
    };
    return {
      key,
      server,
      lock,
      request,
      signal,
      pauseTime,
      adopt: async () => {
        const now = before && (await session.readStored());
        if (session.signOuts.isSince(began)) throw signedOut();
        return now && now.id !== (found ?? before?.record)?.id && session.timeLeft(now) > 0 ? now : undefined;
      },
      signOuts: () => began.ids,
      confirm,
      finish: (exchange, signOuts = began.ids) =>
        this.#finish(exchange, { ...began, ids: signOuts }, before?.record?.id, signal),
    };
  }

  async #finish(
    exchange: () => Promise<TokenResponse>,
    began: Moment,
    before: string | undefined,
    signal: AbortSignal,
  ): Promise<SessionRecord> {
    if (signal.aborted) throw signal.reason;
    const { session } = this;
    const sent = (async () => {
      // A code is not spent for a session that a sign-out has overtaken.
      const isSure = await session.mustBeSince(began);
      if (session.signOuts.isAfter(began.ids)) throw signedOut();
      const since = isSure && began.ids === undefined ? { ...session.signOuts.now(), own: began.own } : began;
      if (signal.aborted) throw signal.reason;
      const tokens = await exchange();
      this.config.log.debug("the login has brought tokens");
      if (session.signOuts.isSince(since)) throw signedOut();
      return await session.begin(tokens, since, { before });
    })();
    this.#sent.add(sent);
    return await sent.finally(() => this.#sent.delete(sent));
  }
}

function nobodyFinished(loginTimeoutMs: number): TimeoutError {
  return new TimeoutError(
    `Nobody finished the sign-in within ${loginTimeoutMs / 1000} s (option loginTimeoutSeconds). Call again to start over.`,
  );
}
