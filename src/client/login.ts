/** One login at a time for a client: who waits, how long, and what becomes of its result. */
import { type KeystoneAuthError, TimeoutError } from "../errors.js";
import { type LoginRequest, PLAIN_LOGIN } from "../options/call.js";
import type { ClientConfig } from "../options/config.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { Session } from "../session/session.js";
import { abortedError, beforeDeadline, onAbort } from "../settle.js";
import { SingleFlight } from "../session/single-flight.js";
import type { SessionRecord } from "../token-set.js";
import { beginAttempt, type Since } from "./login-attempt.js";
import { type AskedLogin, type LoginRound, LoginRounds } from "./login-rounds.js";
import type { EarlyPopup, LoginAttempt, Platform } from "./platform.js";

/** A login that is cancelled ends within moments, but for one in a page that is being left. */
const ENDING_MS = 1000;

export class Login {
  readonly #flight = new SingleFlight<SessionRecord>();
  readonly #silent = new SingleFlight<SessionRecord>();
  readonly #pending = new Set<AbortController>();
  readonly #sent = new Set<Promise<unknown>>();
  readonly #attempts = new Set<Promise<unknown>>();
  #rounds: LoginRounds | undefined;
  /** Whether the login that runs has sent the person away in this page. */
  #hasLeft = false;
  readonly #leaves = () => {
    this.#hasLeft = true;
  };
  readonly #sends = (sending: Promise<unknown>) => {
    this.#sent.add(sending);
    const remove = () => this.#sent.delete(sending);
    sending.then(remove, remove);
  };

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
    if (this.#flight.running) {
      this.config.log.debug("joins a login that runs");
      if (request.isAsked) this.#rounds?.again({ since, request });
    }
    return this.#flight.join((abandoned) => {
      this.#hasLeft = false;
      if (!this.platform.isPage) return this.#inRounds({ since, request }, abandoned);
      return this.#attempt(abandoned, since, { request }, (attempt) => this.#byPerson(attempt, popup));
    }, signal);
  }

  /** A program opens its address again whenever its user asks; the tab of the first time may be closed. */
  #inRounds(asked: AskedLogin, abandoned: AbortSignal): Promise<SessionRecord> {
    const run = ({ signal, since, request, observe }: LoginRound) =>
      this.#attempt(signal, since, { request }, (attempt) => this.platform.login(observe(attempt), undefined));
    this.#rounds = new LoginRounds(run, () => Promise.allSettled(this.#attempts));
    return this.#rounds.go(asked, abandoned);
  }

  /** A login that has sent the person away waits for the way back; whoever asks from now on begins another one. */
  detach(): void {
    if (this.#hasLeft) this.#flight.detach();
  }

  /** Tries it without a person, where the platform can. */
  silent(since: Since, signal?: AbortSignal): Promise<SessionRecord> {
    const { silentLogin } = this.platform;
    if (silentLogin === undefined) throw new TypeError("this platform has no silent login");
    return this.#silent.join((abandoned) => this.#attempt(abandoned, since, { isSilent: true }, silentLogin), signal);
  }

  /**
   * Finishes a login whose response stands in the address bar, and gives its session. A code serves once, so that it goes
   * on when nobody waits any more: a framework that calls, aborts and calls again would else go to the provider for ever.
   * `own` is how often this client had signed out when the response was first seen.
   */
  resume(own: number): Promise<SessionRecord | undefined> {
    const resume = async (attempt: LoginAttempt) => await this.platform.resume?.(attempt);
    return this.#attempt(new AbortController().signal, { own }, {}, resume);
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

  /** A person signs in here, or meanwhile in another tab, which ends the wait. */
  async #byPerson(attempt: LoginAttempt, popup: EarlyPopup | undefined): Promise<SessionRecord> {
    const stop = new AbortController();
    const { signal } = stop;
    const forget = onAbort(attempt.signal, () => stop.abort(attempt.signal.reason));
    let ignore = () => {};
    const appearing = new Promise<SessionRecord>((resolve) => {
      ignore = this.session.known.onNextSession(attempt.found, resolve);
    });
    const login = this.platform.login({ ...attempt, signal }, popup);
    // What ends it here is told to nobody.
    login.catch(() => {});
    try {
      return await Promise.race([login, appearing]);
    } finally {
      forget();
      ignore();
      stop.abort(abortedError());
    }
  }

  async #attempt<T>(
    abandoned: AbortSignal,
    since: Since,
    { request = PLAIN_LOGIN, isSilent = false }: { readonly request?: LoginRequest; readonly isSilent?: boolean },
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
    let redirectUri: string | undefined;
    const startTime = () =>
      this.platform.clock.after(loginTimeoutMs, () => controller.abort(this.#nobodyFinished(redirectUri)));
    let cancel = startTime();
    const pauseTime = () => {
      cancel();
      return () => {
        cancel();
        if (!done.signal.aborted) cancel = startTime();
      };
    };
    try {
      const { session, server } = this;
      const run = {
        request,
        isSilent,
        signal,
        pauseTime,
        leaves: this.#leaves,
        expectsAt: (uri: string) => {
          redirectUri = uri;
        },
        log: this.config.log,
        sends: this.#sends,
      };
      const begun = beginAttempt(session, server, since, run).then((attempt) => {
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

  #nobodyFinished(redirectUri: string | undefined): TimeoutError {
    const { config, platform } = this;
    const option = platform.isPage ? "redirectUri" : "loopback";
    const hint =
      redirectUri === undefined
        ? ""
        : ` If the provider's page has refused the redirect URI ${redirectUri}, register it there, or change it by the option ${option}.`;
    return new TimeoutError(
      `Nobody finished the sign-in within ${config.loginTimeoutMs / 1000} s (option loginTimeoutSeconds).${hint} Call again to start over.`,
    );
  }
}
