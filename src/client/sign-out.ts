/** Signing out at the provider, when the session here has gone. Loaded when it is asked for. */
import {
  AbortedError,
  DiscoveryError,
  EnvironmentError,
  type ErrorDetails,
  isKeystoneAuthError,
  type KeystoneAuthError,
  NetworkError,
  ProviderError,
  ResponseError,
  TimeoutError,
} from "../errors.js";
import type { EarlyWindow, ProviderSessionResult } from "./platform.js";
import { endSessionRequest, revokeToken } from "../protocol/sign-out.js";
import { abortedError, untilAborted } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import type { TokenSource } from "./token-source.js";

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

/** What is known once the session here has gone. */
export interface SignedOutHere {
  /** What it was, to be revoked. */
  readonly record: SessionRecord | undefined;
  readonly early: EarlyWindow | undefined;
  /** What went wrong so far. */
  readonly errors: readonly KeystoneAuthError[];
}

/** The parts at the provider. Never rejects. */
export async function signOutAtProvider(
  source: TokenSource,
  { record, early, errors: before }: SignedOutHere,
  wantsPage: boolean,
  signal: AbortSignal | undefined,
): Promise<SignOutResult> {
  const errors = [...before];
  const failed = (error: unknown) => {
    errors.push(atProvider(error));
    return "failed" as const;
  };
  const revocation = await revoke(record, source, signal).catch(failed);
  const providerSession = wantsPage ? await endProviderSession(record, source, early, signal).catch(failed) : "skipped";
  return { revocation, providerSession, errors };
}

/** Foreign errors are told by what they mean: they could hold a token. */
function atProvider(error: unknown): KeystoneAuthError {
  if (isKeystoneAuthError(error)) return afterSignOut(error);
  return new NetworkError("The sign-out could not be finished at the provider. The session here has gone.", {
    sessionKept: false,
  });
}

const KINDS = new Map<string, new (message: string, details: ErrorDetails) => KeystoneAuthError>([
  ["network", NetworkError],
  ["timeout", TimeoutError],
  ["response", ResponseError],
  ["aborted", AbortedError],
  ["discovery", DiscoveryError],
  ["environment", EnvironmentError],
]);

/** A request that fails says that the session is kept. After a sign-out it is not, whatever became of the request. */
function afterSignOut(error: KeystoneAuthError): KeystoneAuthError {
  const message = error.message.replace(/\b(the) (stored )?session is (kept|as it was)/i, "$1 session here has gone");
  const gone = { sessionKept: false };
  if (error instanceof ProviderError) return new ProviderError(message, Object.assign({}, error, gone));
  const Kind = KINDS.get(error.code);
  return Kind === undefined ? error : new Kind(message, Object.assign({}, error, gone));
}

/** The refresh token first: revoking it ends the access tokens of the grant too, at most providers (RFC 7009 §2.1). */
async function revoke(
  record: SessionRecord | undefined,
  source: TokenSource,
  signal?: AbortSignal,
): Promise<SignOutResult["revocation"]> {
  if (record === undefined) return "skipped";
  if (signal?.aborted) throw abortedError();
  const { server } = await source.load();
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

async function endProviderSession(
  record: SessionRecord | undefined,
  { load }: TokenSource,
  early: EarlyWindow | undefined,
  signal?: AbortSignal,
): Promise<ProviderSessionResult> {
  if (signal?.aborted) throw abortedError();
  const { server, actions } = await load();
  const request = await endSessionRequest(server, record?.idToken, actions.postLogoutRedirectUri);
  if (request === undefined) return "unsupported";
  const page = actions.endProviderSession(request, signal ?? new AbortController().signal, early);
  return await untilAborted(page, signal);
}
