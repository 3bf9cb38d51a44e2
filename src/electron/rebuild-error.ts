/** The error that data from the main process speaks of: the same class, code and fields. */
import {
  AbortedError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type KeystoneAuthError,
  LockTimeoutError,
  LoginRequiredError,
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
import type { ErrorData } from "./messages.js";

type Rebuild = (data: ErrorData) => KeystoneAuthError;

const simple =
  (Kind: new (message: string, details: ErrorData) => KeystoneAuthError): Rebuild =>
  (data) =>
    new Kind(data.message, data);

/** A Map: a code such as `constructor` finds nothing in it. */
const classes = new Map<string, Rebuild>([
  ["configuration", (data) => new ConfigurationError(data.option ?? "options", data.message)],
  ["discovery", simple(DiscoveryError)],
  ["authorization_response", simple(AuthorizationResponseError)],
  ["provider", (data) => new ProviderError(data.message, { ...data, error: data.error ?? "unknown" })],
  ["token_validation", (data) => new TokenValidationError(data.claim ?? "", data.message, data)],
  ["response", simple(ResponseError)],
  ["network", simple(NetworkError)],
  ["timeout", simple(TimeoutError)],
  ["aborted", simple(AbortedError)],
  ["login_required", (data) => new LoginRequiredError(data.reason ?? "no_session", data.message, data)],
  ["storage", (data) => new StorageError((data.kind as StorageErrorKind) ?? "unavailable", data.message, data)],
  ["lock_timeout", simple(LockTimeoutError)],
  ["popup", (data) => new PopupError((data.kind as PopupErrorKind) ?? "closed", data.message)],
  ["environment", simple(EnvironmentError)],
]);

export function rebuildError(data: ErrorData): KeystoneAuthError {
  const rebuild = classes.get(data.code);
  return rebuild?.(data) ?? new EnvironmentError(data.message, data);
}
