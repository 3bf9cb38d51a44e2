/**
 * keystone-auth in Node.
 *
 * @module keystone-auth/node
 */
import { OidcClientCore } from "../client/client.js";
import type { OidcClientOptions } from "../options/options.js";
import { nodeParts } from "./platform.js";
import { readNodeOptions } from "./options.js";
import { tellLevelProblem } from "./stderr-log.js";

/**
 * Signs in, caches and renews: call `getAccessToken()` each time a token is used.
 *
 * @throws ConfigurationError (`configuration`) for an option that cannot be used
 */
export class OidcClient extends OidcClientCore {
  constructor(options: OidcClientOptions) {
    const config = readNodeOptions(options, process.env);
    super(config, nodeParts(config));
    if (options.logger === undefined) tellLevelProblem();
  }
}

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
export {
  type Interaction,
  type Logger,
  type LoopbackOptions,
  OidcFlow,
  type OidcClientOptions,
} from "../options/options.js";
export type { ClaimValue, RequiredClaims } from "../options/required-claims.js";
export type {
  DeviceCodePrompt,
  Keychain,
  KeyValueStore,
  Lock,
  LockHold,
  LockOptions,
  Page,
  PageContext,
  PageHandler,
} from "../ports.js";
export type { SessionState } from "../session/session-state.js";
export type { UserInfo } from "../protocol/user-info.js";
export type { IdTokenClaims, StandardClaims, TokenSet } from "../token-set.js";
export type { Diagnosis, DiagnosisCheck, DiagnosisFinding, DiagnosisOutcome } from "../client/diagnosis.js";
export type { ProviderSessionResult, SignOutResult } from "../client/sign-out-result.js";
export type { GetTokenOptions, SignInOptions, SignOutOptions, TokenProvider } from "../options/call.js";
export {
  type SafeStorage,
  type SafeStorageKeychainOptions,
  safeStorageKeychain,
} from "./encrypted/safe-storage-keychain.js";
export {
  type ProductHelp,
  type ProductPageOptions,
  type ProductPages,
  productPage,
  type TwoStagePageOptions,
  twoStagePage,
} from "./pages/page-handlers.js";
