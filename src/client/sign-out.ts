/** Signing out: here first, whatever the provider does; then at the provider. */
import { isKeystoneAuthError, type KeystoneAuthError, NetworkError, StorageError } from "../errors.js";
import type { SignOutRequest } from "../options/call.js";
import { loadPart, notRevoked } from "../load-part.js";
import { withoutSession } from "../session/login-required.js";
import type { Session } from "../session/session.js";
import type { SignOutMark } from "../session/sign-out-mark.js";
import type { Forgotten } from "../session/store.js";
import { abortedError, onAbort, untilAborted } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { Online } from "./online.js";
import type { EarlyPopup, Platform } from "./platform.js";
import type { ProviderSessionResult, SignOutResult } from "./sign-out-result.js";
import { revokeTokens } from "./revocation.js";

/** What a sign-out has ended in a page before the rest was loaded. */
export interface EndedAhead {
  readonly record: SessionRecord;
  readonly mark: SignOutMark;
}

export class SignOut {
  readonly #closing = new AbortController();

  /** `loaded` gives what has been loaded by then, `online` loads it. */
  constructor(
    private readonly platform: Platform,
    private readonly session: Session,
    private readonly online: () => Promise<Online>,
    private readonly loaded: () => Online | undefined,
  ) {}

  /** Never rejects for the provider's faults. `signal` ends what is left to do there. `ended` is what has gone here already. */
  async run(options: SignOutRequest, ended?: EndedAhead): Promise<SignOutResult> {
    const page = !options.local && (options.providerSession ?? this.platform.endsProviderSession);
    const popup = page && this.#needsPage(options) ? this.platform.openPopup?.() : undefined;
    try {
      if (ended) this.session.wasForgotten(ended.mark);
      const gone = ended ? { record: ended.record, error: undefined } : await this.session.forget(true);
      const wantsPage = page && (options.providerSession === true || gone.record !== undefined);
      if (options.local || (gone.record === undefined && !wantsPage)) return onlyHere(gone, options);
      return await this.#atProvider(gone, wantsPage, popup, options);
    } finally {
      popup?.discard();
    }
  }

  /** Ends what waits for a page of the provider's. */
  close(reason: KeystoneAuthError): void {
    this.#closing.abort(reason);
  }

  /** Whether the provider's page is known to be needed, before anything is awaited: else no window opens and closes again. */
  #needsPage({ providerSession }: SignOutRequest): boolean {
    if (providerSession !== true && this.session.known.record === undefined) return false;
    const known = this.loaded()?.server.snapshot()?.metadata;
    return known === undefined || Boolean(known.end_session_endpoint);
  }

  /** Both at the same time: the page must not be held up by the revocation, and the browser may leave this page for it. */
  async #atProvider(
    gone: Forgotten,
    wantsPage: boolean,
    popup: EarlyPopup | undefined,
    options: SignOutRequest,
  ): Promise<SignOutResult> {
    const { record } = gone;
    const server = async () => (await this.#load()).server;
    const { sent, done } = revokeTokens(server, record, options.signal);
    const page = async () =>
      wantsPage ? await this.#endProviderSession(record, sent, popup, options) : ("skipped" as const);
    const ends = await Promise.allSettled([done, page()]);
    const errors: KeystoneAuthError[] = [...troubleOf(gone)];
    const resultOf = <T>(end: PromiseSettledResult<T>): T | "failed" => {
      if (end.status === "fulfilled") return end.value;
      errors.push(withoutSession(this.#truly(end.reason)));
      return "failed";
    };
    const revocation = resultOf(ends[0]);
    return { revocation: gone.isUnread ? "failed" : revocation, providerSession: resultOf(ends[1]), errors };
  }

  async #endProviderSession(
    record: SessionRecord | undefined,
    revocationSent: Promise<void>,
    popup: EarlyPopup | undefined,
    { signal: given, params }: SignOutRequest,
  ): Promise<ProviderSessionResult> {
    if (given?.aborted || this.#closing.signal.aborted) throw abortedError();
    const stop = new AbortController();
    const { signal } = stop;
    const abort = () => stop.abort(abortedError());
    const unlisten = [given, this.#closing.signal].map((each) => each && onAbort(each, abort));
    try {
      const { server } = await this.#load();
      const { endSessionRequest } = await loadPart(() => import("../protocol/sign-out.js"));
      const request = await endSessionRequest(server, record?.idToken, this.platform.postLogoutRedirectUri, params);
      if (request === undefined) return "unsupported";
      // What has not been sent by the time the page is left is never sent.
      await untilAborted(revocationSent, signal);
      return await untilAborted(this.platform.endProviderSession(request, signal, popup), signal);
    } finally {
      for (const end of unlisten) end?.();
    }
  }

  /** Foreign errors are told by what they mean: they could hold a token. Nor is `close()` a signal of the program's. */
  #truly(reason: unknown): KeystoneAuthError {
    if (!isKeystoneAuthError(reason)) return new NetworkError("The sign-out could not be finished at the provider.");
    const { signal } = this.#closing;
    return reason.code === "aborted" && signal.aborted ? (signal.reason as KeystoneAuthError) : reason;
  }

  #load(): Promise<Online> {
    return this.online().catch(() => {
      throw notRevoked();
    });
  }
}

/** Where the store says nothing of the session, its tokens may still be good at the provider. */
function onlyHere(gone: Forgotten, { local }: SignOutRequest): SignOutResult {
  const { record, error, isUnread } = gone;
  const isUnknown = isUnread || (error && !record);
  // Whoever leaves the provider alone has asked for no more than this.
  const errors = troubleOf(local ? { record, error } : gone);
  return { revocation: isUnknown && !local ? "failed" : "skipped", providerSession: "skipped", errors };
}

/** What the person has to know of the session here. */
const troubleOf = ({ error, isUnread }: Forgotten): KeystoneAuthError[] => [
  ...(error ? [error] : []),
  ...(isUnread ? [notRead()] : []),
];

function notRead(): StorageError {
  const message = "What was stored could not be read, so that the tokens of its session were not revoked.";
  return new StorageError("corrupt", message, { sessionKept: false, retryable: false });
}
