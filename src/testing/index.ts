/**
 * keystone-auth for tests of your own program. It loads as an ES module and, for Jest, as one CommonJS file. Importing it does nothing.
 *
 * @module keystone-auth/testing
 */
export { type FakeClient, fakeClient, FakeOidcClient } from "./fake-client.js";
export type { FakeClientOptions } from "./fake-options.js";
export type { GetTokenOptions, SignInOptions, SignOutOptions, TokenProvider } from "../options/call.js";
export { type Interaction, OidcFlow } from "../options/options.js";
export {
  AbortedError,
  type AnyKeystoneAuthError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type ErrorCode,
  type ErrorDetails,
  isKeystoneAuthError,
  KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
  type LoginRequiredReason,
  NetworkError,
  PopupError,
  type PopupErrorKind,
  ProviderError,
  ResponseError,
  StorageError,
  type StorageErrorKind,
  TimeoutError,
  TokenValidationError,
} from "../errors.js";
export type { ClientEvents, Listener, SessionEvent, StorageEvent } from "../events.js";
export type { SessionState } from "../session/session-state.js";
export type { UserInfo } from "../protocol/user-info.js";
export type { IdTokenClaims, StandardClaims, TokenSet } from "../token-set.js";
export type { Diagnosis, DiagnosisCheck, DiagnosisFinding, DiagnosisOutcome } from "../client/diagnosis.js";
export type { ProviderSessionResult, SignOutResult } from "../client/sign-out-result.js";
