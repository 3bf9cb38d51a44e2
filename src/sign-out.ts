/** Signing out: here first, then at the provider. Loaded when it is asked for. */
import type { ClientConfig } from "./config.js";
import { isKeystoneAuthError, type KeystoneAuthError, NetworkError } from "./errors.js";
import type { EarlyWindow, Platform, ProviderSessionResult } from "./platform.js";
import { abortedError, untilAborted } from "./session/single-flight.js";
import type { SessionView } from "./session/session-view.js";
import { claimsOf, type SessionRecord } from "./session/token-set.js";
import type { Machinery } from "./token-source.js";

export interface SignOutOptions {
  /** Only here: neither revocation nor the provider's page. [false] */
  local?: boolean;
  /** End the provider's own session too, on its page. [true in the browser, false in Node] */
  providerSession?: boolean;
  /** Gives up what is left to do at the provider; the session here has gone by then. */
  signal?: AbortSignal;
}

/** What became of the parts at the provider. The session here is gone in every case. */
export interface SignOutResult {
  /** RFC 7009. `skipped`: asked not to, or there was no token. */
  readonly revocation: "done" | "failed" | "unsupported" | "skipped";
  /** OpenID Connect RP-Initiated Logout 1.0. */
  readonly providerSession: ProviderSessionResult;
  readonly errors: readonly KeystoneAuthError[];
}

export interface SignOutTools {
  readonly config: ClientConfig;
  readonly platform: Platform;
  readonly view: SessionView;
  readonly early: EarlyWindow | undefined;
  /** The machinery if it is there; a pending login is then cancelled. */
  readonly cancelLogin: () => void;
  readonly load: () => Promise<Machinery>;
}

export async function signOut(options: SignOutOptions, tools: SignOutTools): Promise<SignOutResult> {
  const { view, platform, early } = tools;
  const errors: KeystoneAuthError[] = [];
  const note = (error: unknown) => {
    errors.push(
      isKeystoneAuthError(error)
        ? error
        : new NetworkError("The sign-out could not be finished at the provider. The session here has gone."),
    );
  };
  // What will be revoked must be read before it is deleted; a store that cannot be read is deleted all the same.
  const record = await view.look().catch(() => view.memory.held?.record);
  tools.cancelLogin();
  await view.forget().catch(note);
  const skipped = { revocation: "skipped", providerSession: "skipped", errors } as const;
  const wantsPage = options.providerSession ?? (platform.endsProviderSession && record !== undefined);
  if (options.local || (record === undefined && !wantsPage)) return finish(skipped, early);
  const revocation = await revoke(record, tools, options.signal).catch((error: unknown) => {
    note(error);
    return "failed" as const;
  });
  if (!wantsPage) return finish({ ...skipped, revocation }, early);
  const providerSession = await endProviderSession(record, tools, options.signal).catch((error: unknown) => {
    note(error);
    return "failed" as const;
  });
  return finish({ revocation, providerSession, errors }, early);
}

function finish(result: SignOutResult, early: EarlyWindow | undefined): SignOutResult {
  early?.discard();
  return result;
}

/** The refresh token first: revoking it ends the access tokens of the grant too, at most providers (RFC 7009 §2.1). */
async function revoke(
  record: SessionRecord | undefined,
  tools: SignOutTools,
  signal?: AbortSignal,
): Promise<SignOutResult["revocation"]> {
  if (record === undefined) return "skipped";
  if (signal?.aborted) throw abortedError();
  const { engine } = await tools.load();
  const tokens = [
    ...(record.refreshToken === undefined ? [] : [{ token: record.refreshToken, hint: "refresh_token" as const }]),
    ...Object.values(record.accessTokens).map(({ token }) => ({ token, hint: "access_token" as const })),
  ];
  let supported = tokens.length > 0;
  let failure: unknown;
  for (const { token, hint } of tokens) {
    try {
      supported = (await untilAborted(engine.revoke(token, hint, signal), signal)) && supported;
    } catch (error) {
      // Providers may refuse to revoke a self-contained access token; what counts is the refresh token.
      if (hint === "refresh_token" || record.refreshToken === undefined) failure ??= error;
    }
  }
  if (failure) throw failure;
  return tokens.length === 0 ? "skipped" : supported ? "done" : "unsupported";
}

async function endProviderSession(
  record: SessionRecord | undefined,
  tools: SignOutTools,
  signal?: AbortSignal,
): Promise<ProviderSessionResult> {
  if (signal?.aborted) throw abortedError();
  const { engine } = await tools.load();
  const { platform } = tools;
  const request = await engine.endSession(record?.idToken, platform.postLogoutRedirectUri);
  if (request === undefined) return "unsupported";
  return await platform.endProviderSession(request, signal ?? new AbortController().signal, tools.early);
}

/** Clears the session where a front-channel logout speaks of it (OpenID Connect Front-Channel Logout 1.0 §2). */
export async function frontchannelLogout(url: string, view: SessionView): Promise<boolean> {
  const parameters = URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams();
  const [iss, sid] = [parameters.get("iss"), parameters.get("sid")];
  const claims = claimsOf((await view.look())?.idToken);
  if (!claims || !iss || !sid || claims.iss !== iss || claims.sid !== sid) return false;
  await view.forget();
  return true;
}
