/** One login at a time for a client: who waits, how long, and what becomes of its result. */
import type { ClientConfig } from "../options/config.js";
import { TimeoutError } from "../errors.js";
import type { EarlyWindow, LoginTools, PlatformActions } from "./platform.js";
import type { Clock } from "../ports.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import { mustHave, signedOut } from "../session/login-required.js";
import { replaceSession } from "../session/session-writer.js";
import type { SessionView } from "../session/session-view.js";
import { SingleFlight, abortedError } from "../settle.js";
import { beginSession } from "../session/granted-record.js";
import { accessTokenOf, type TokenResponse, type SessionRecord } from "../token-set.js";

export class LoginDesk {
  readonly #login = new SingleFlight<SessionRecord>();
  readonly #silent = new SingleFlight<boolean>();
  readonly #resume = new SingleFlight<void>();
  readonly #pending = new Set<AbortController>();
  /** What the last login of this client began. */
  #begun: SessionRecord | undefined;

  constructor(
    private readonly config: ClientConfig,
    private readonly clock: Clock,
    private readonly actions: PlatformActions,
    private readonly view: SessionView,
    private readonly server: AuthorizationServer,
  ) {}

  /** Signs a person in. A call that comes while a login runs joins it. */
  login(early: EarlyWindow | undefined, signal?: AbortSignal): Promise<SessionRecord> {
    return this.#login.join(
      (abandoned) =>
        this.#run(abandoned, async (tools) => {
          await this.actions.login(tools, early);
          const now = await this.view.look();
          // Who dropped only its access token meanwhile has not signed anybody out.
          const isDropped = now !== undefined && now.id === this.#begun?.id && accessTokenOf(now) === undefined;
          return isDropped ? (this.#begun as SessionRecord) : await mustHave(this.view);
        }),
      signal,
    );
  }

  /** Tries it without a person, where the platform can. */
  silentLogin(signal?: AbortSignal): Promise<boolean> {
    return this.#silent.join(
      (abandoned) => this.#run(abandoned, async (tools) => (await this.actions.silentLogin?.(tools)) ?? false),
      signal,
    );
  }

  /**
   * Finishes a login whose response waits in the address bar. A code serves once, so that it goes on when nobody waits
   * any more: a framework that calls, aborts and calls again would else go to the provider for ever.
   */
  resume(signal?: AbortSignal): Promise<void> {
    return this.#resume.join(
      () => this.#run(new AbortController().signal, async (tools) => this.actions.resume?.(tools)),
      signal,
    );
  }

  /** Ends every pending login: the user has signed out, or the client was closed. */
  cancel(): void {
    for (const controller of this.#pending) controller.abort(signedOut());
  }

  async #run<T>(abandoned: AbortSignal, work: (tools: LoginTools) => Promise<T>): Promise<T> {
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
    const late = () =>
      controller.abort(
        new TimeoutError(
          `Nobody finished the sign-in within ${loginTimeoutMs / 1000} s (option loginTimeoutSeconds). The session is as it was; call again to start over.`,
        ),
      );
    const cancel = this.clock.after(loginTimeoutMs, late);
    try {
      return await Promise.race([this.#tools(signal).then(work), ended]);
    } finally {
      done.abort();
      cancel();
      this.#pending.delete(controller);
    }
  }

  async #tools(signal: AbortSignal): Promise<LoginTools> {
    const { key, opened } = await this.view.open();
    // A store that cannot be read must not keep a person from signing in.
    const before = await this.view.look().catch(() => undefined);
    return {
      key,
      server: this.server,
      lock: opened.lock,
      signal,
      adopt: async () => {
        const now = await this.view.look();
        return now !== undefined && now.id !== before?.id && this.view.timeLeft(now) > 0;
      },
      accept: (grant) => this.#accept(grant, signal),
    };
  }

  async #accept(grant: TokenResponse, signal: AbortSignal): Promise<string> {
    // The user signed out while the code was exchanged: the answer must not sign them in again.
    if (signal.aborted) throw signal.reason;
    const { store } = await this.view.open();
    const record = beginSession(grant, { ...this.config, id: crypto.randomUUID() });
    const { current } = await replaceSession(store, "any", record);
    if (signal.aborted) throw signal.reason;
    this.#begun = record;
    this.view.became(current ?? record, "login");
    return accessTokenOf(record)?.token as string;
  }
}
