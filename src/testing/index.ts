/**
 * keystone-auth for tests of your own program. It loads as an ES module and, for Jest, as one CommonJS file. Importing it does nothing.
 *
 * @module keystone-auth/testing
 */
export { type FakeClient, fakeClient, FakeOidcClient } from "./fake-client.js";
export type { FakeClientOptions } from "./fake-options.js";
export type { TokenProvider } from "../options/call.js";
export { OidcFlow } from "../options/options.js";
export {
  AbortedError,
  type AnyKeystoneAuthError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  isKeystoneAuthError,
  KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
  NetworkError,
  PopupError,
  ProviderError,
  ResponseError,
  StorageError,
  TimeoutError,
  TokenValidationError,
} from "../errors.js";
