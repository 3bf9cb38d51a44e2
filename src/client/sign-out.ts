/** Signing out: here first, whatever the provider does; then at the provider. */
import { isKeystoneAuthError, type KeystoneAuthError, NetworkError } from "../errors.js";
import type { SignOutRequest } from "../options/call.js";
import { loadPart, notRevoked } from "../load-part.js";
import { withoutSession } from "../session/login-required.js";
import type { Session } from "../session/session.js";
import type { Forgotten } from "../session/store.js";
import { abortedError, onAbort, untilAborted } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { Online } from "./online.js";
import type { EarlyPopup, Platform, ProviderSessionResult } from "./platform.js";

/** What became of the parts at the provider. The session here is gone in every case. */
export interface SignOutResult {
  /** RFC 7009. `skipped`: asked not to, or there was no token. */
  readonly revocation: "done" | "failed" | "unsupported" | "skipped";
  /** OpenID Connect RP-Initiated Logout 1.0. */
  readonly providerSession: ProviderSessionResult;
  readonly errors: readonly KeystoneAuthError[];
}

export class SignOut {
  readonly #closing = new AbortController();

  constructor(
    private readonly platform: Platform,
    private readonly session: Session,
    private readonly online: () => Promise<Online>,
  ) {}

  /** Never rejects for the provider's faults. `signal` ends what is left to do there. */
  async run(options: SignOutRequest): Promise<SignOutResult> {
    const page = !options.local && (options.providerSession ?? this.platform.endsProviderSession);
    const popup = page ? this.platform.openPopup?.() : undefined;
    try {
      const gone = await this.session.forget(true);
      const wantsPage = page && (options.providerSession === true || gone.record !== undefined);
      if (options.local || (gone.record === undefined && !wantsPage)) return onlyHere(gone, options);
      return await this.#atProvider(gone, wantsPage, popup, options);
    } finally {
      popup?.discard();
    }
  }

  /** Ends what waits for a page of the provider's. */
  close(): void {
    this.#closing.abort(abortedError());
  }

  async #atProvider(
    { record, error }: Forgotten,
    wantsPage: boolean,
    popup: EarlyPopup | undefined,
    options: SignOutRequest,
  ): Promise<SignOutResult> {
    const errors: KeystoneAuthError[] = error ? [error] : [];
    const failed = (fault: unknown) => {
      errors.push(withoutSession(isKeystoneAuthError(fault) ? fault : unfinished()));
      return "failed" as const;
    };
    const revocation = await this.#revoke(record, options.signal).catch(failed);
    const providerSession = wantsPage
      ? await this.#endProviderSession(record, popup, options).catch(failed)
      : "skipped";
    return { revocation, providerSession, errors };
  }

  /** The refresh token first: revoking it ends the access tokens of the grant too, at most providers (RFC 7009 §2.1). */
  async #revoke(record: SessionRecord | undefined, signal?: AbortSignal): Promise<SignOutResult["revocation"]> {
    if (record === undefined) return "skipped";
    if (signal?.aborted) throw abortedError();
    const { server } = await this.#load();
    const { revokeToken } = await protocol();
    const tokens = [
      ...(record.refreshToken === undefined ? [] : [{ token: record.refreshToken, hint: "refresh_token" as const }]),
      ...Object.values(record.accessTokens).map(({ token }) => ({ token, hint: "access_token" as const })),
    ];
    let supported = tokens.length > 0;
    let failure: unknown;
    for (const { token, hint } of tokens) {
      try {
        supported = (await untilAborted(revokeToken(server, token, hint, signal), signal)) && supported;
      } catch (error) {
        // Providers may refuse to revoke a self-contained access token; what counts is the refresh token.
        if (hint === "refresh_token" || record.refreshToken === undefined) failure ??= error;
      }
    }
    if (failure) throw failure;
    return tokens.length === 0 ? "skipped" : supported ? "done" : "unsupported";
  }

  async #endProviderSession(
    record: SessionRecord | undefined,
    popup: EarlyPopup | undefined,
    { signal: given, params }: SignOutRequest,
  ): Promise<ProviderSessionResult> {
    if (given?.aborted || this.#closing.signal.aborted) throw abortedError();
    const stop = new AbortController();
    const abort = () => stop.abort(abortedError());
    const unlisten = [given, this.#closing.signal].map((signal) => signal && onAbort(signal, abort));
    try {
      const { server } = await this.#load();
      const { endSessionRequest } = await protocol();
      const request = await endSessionRequest(server, record?.idToken, this.platform.postLogoutRedirectUri, params);
      if (request === undefined) return "unsupported";
      return await untilAborted(this.platform.endProviderSession(request, stop.signal, popup), stop.signal);
    } finally {
      for (const end of unlisten) end?.();
    }
  }

  #load(): Promise<Online> {
    return this.online().catch(() => {
      throw notRevoked();
    });
  }
}

const protocol = () => loadPart(() => import("../protocol/sign-out.js"));

/** Where the store says nothing of the session, its tokens may still be good at the provider. */
const onlyHere = ({ record, error }: Forgotten, { local }: SignOutRequest): SignOutResult => ({
  revocation: error && !record && !local ? "failed" : "skipped",
  providerSession: "skipped",
  errors: error ? [error] : [],
});

/** Foreign errors are told by what they mean: they could hold a token. */
const unfinished = () => new NetworkError("The sign-out could not be finished at the provider.");
