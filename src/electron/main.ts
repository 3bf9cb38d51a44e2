/** keystone-auth in Electron's main process: serves access tokens to the windows. Importing it does nothing. */
import type { ServedClient } from "./main/calls.js";
import { readServeOptions, type ServeTokensOptions } from "./main/serve-options.js";
import { TokenService } from "./main/token-service.js";

/** A running service. */
export interface ServedTokens {
  /** Ends it: calls under way are AbortedError (`aborted`), pages forget their tokens. The client stays open. Idempotent. */
  close(): void;
}

/**
 * Answers the `OidcClient` of `keystone-auth/electron/renderer` in the app's windows with this client's access tokens.
 * Access tokens with their expiry, scopes and audiences, ID Token claims, session events and errors cross; the refresh
 * token, the raw ID Token and all else of a login stay in this process (RFC 8252 §8.12: a login uses the system browser).
 *
 * Each message's sender is checked by its frame as it is at that time, each message is read as if it were hostile, and a
 * page that navigates or goes away has its calls aborted. Call it before windows are opened.
 *
 * @throws ConfigurationError (`configuration`) for an option that cannot be used, or a channel that is served already
 */
export function serveTokens(client: ServedClient, options: ServeTokensOptions): ServedTokens {
  const service = new TokenService(client, readServeOptions(options));
  return { close: () => service.close() };
}

export type { ServedClient } from "./main/calls.js";
export type {
  ElectronFrame,
  ElectronInvokeEvent,
  ElectronIpcMain,
  ElectronSender,
  FrameNavigation,
} from "./main/senders.js";
export type { InteractionRequest, ServeTokensOptions } from "./main/serve-options.js";
export {
  type SafeStorage,
  type SafeStorageKeychainOptions,
  safeStorageKeychain,
} from "../node/encrypted/safe-storage-keychain.js";
export type { Keychain } from "../ports.js";
// What a served client takes and gives.
export type { ErrorCode, ErrorDetails, KeystoneAuthError, StorageError, StorageErrorKind } from "../errors.js";
export type { ClientEvents, Listener, SessionEvent, StorageEvent } from "../events.js";
export type { GetTokenOptions, SignInOptions, SignOutOptions, TokenProvider } from "../options/call.js";
export type { Interaction, Logger } from "../options/options.js";
export type { SessionState } from "../session/session-state.js";
export type { UserInfo } from "../protocol/user-info.js";
export type { IdTokenClaims, StandardClaims, TokenSet } from "../token-set.js";
export type { Diagnosis, DiagnosisCheck, DiagnosisFinding, DiagnosisOutcome } from "../client/diagnosis.js";
export type { ProviderSessionResult, SignOutResult } from "../client/sign-out-result.js";
