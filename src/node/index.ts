/**
 * keystone-auth in Node.
 *
 * @module keystone-auth/node
 */
import { OidcClientCore } from "../client.js";
import type { OidcClientOptions } from "../options.js";
import { createNodeGround } from "./node-platform.js";
import { readNodeOptions } from "./read-node-options.js";

/**
 * Signs in, caches and renews: call `getAccessToken()` each time a token is used.
 *
 * @throws ConfigurationError (`configuration`) for an option that cannot be used
 */
export class OidcClient extends OidcClientCore {
  constructor(options: OidcClientOptions) {
    const config = readNodeOptions(options, process.env);
    super(config, createNodeGround(config));
  }
}

export {
  AbortedError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type ErrorCode,
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
export type { ClientEvents, SessionEvent, StorageEvent } from "../events.js";
export { type Interaction, type Logger, type LoopbackOptions, OidcFlow, type OidcClientOptions } from "../options.js";
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
export type { IdTokenClaims, TokenSet } from "../session/token-set.js";
export type { SignOutOptions, SignOutResult } from "../sign-out.js";
export type { GetTokenOptions } from "../token-request.js";
export { type ProductPageOptions, productPage } from "./product-page.js";
export { type SafeStorage, type SafeStorageKeychainOptions, safeStorageKeychain } from "./safe-storage-keychain.js";
export { type TwoStagePageOptions, twoStagePage } from "./two-stage-page.js";
