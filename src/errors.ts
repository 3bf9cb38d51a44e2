/**
 * Everything that this library throws. One base class, a closed set of codes; each error says in its message what
 * happened and what to do, and in its fields whether the session is kept and whether the same call may work later.
 * No error carries a secret: causes are reduced to a code (`causeCode`) before they get here, since the errors of
 * engines and runtimes may hold codes, tokens or whole responses.
 */

/** The closed set of error codes. Switch on it; a new code is a breaking change. */
export type ErrorCode =
  | "configuration"
  | "discovery"
  | "authorization_response"
  | "provider"
  | "token_validation"
  | "response"
  | "network"
  | "timeout"
  | "aborted"
  | "login_required"
  | "storage"
  | "lock_timeout"
  | "popup"
  | "environment";

/** Why a person has to sign in. */
export type LoginRequiredReason =
  | "no_session"
  | "refresh_rejected"
  | "signed_out"
  | "user_changed"
  | "provider_requires_interaction"
  | "framed";

/** What is wrong with a store. `unavailable` covers I/O faults and time-outs. */
export type StorageErrorKind = "corrupt" | "permission" | "full" | "version" | "unavailable";

/** What became of a popup. */
export type PopupErrorKind = "blocked" | "closed";

/** The `causeCode` where a person was wanted, and there is no terminal to ask at. */
export const NO_TERMINAL = "ENOTTY";
/** The `causeCode` where there is no keychain, and the program wants one. */
export const NO_KEY = "ENOKEY";

/** What every error can say beside its message. */
export interface ErrorDetails {
  /** Whether the same call may succeed later with nothing changed on this side. */
  readonly retryable?: boolean;
  /** Whether the stored session is as it was before the call. */
  readonly sessionKept?: boolean;
  /** The code of the fault beneath, such as `ECONNREFUSED`; never a message, which could hold a secret. */
  readonly causeCode?: string | undefined;
}

// Two copies of the library, or two realms, have two classes; the mark is the same in both.
const BRAND = Symbol.for("keystone-auth.error");

/** True also where there is none. */
export const KEPT = "A stored session is kept.";
export const GONE = "The session here is gone.";

/** The base class of all errors of this library. */
export abstract class KeystoneAuthError extends Error {
  abstract override readonly name: string;
  /** What kind of failure this is. */
  abstract readonly code: ErrorCode;
  /** Whether the same call may succeed later with nothing changed on this side. */
  declare readonly retryable: boolean;
  /** Whether the stored session is as it was before the call. */
  declare readonly sessionKept: boolean;
  /** The code of the fault beneath, such as `ECONNREFUSED`, where there was one. */
  declare readonly causeCode?: string;
  /** What `retryable` is where the details do not say. */
  protected static readonly isRetryable: boolean = false;

  /** A message says what happened and what to do; what became of the session is said here, once for all. */
  constructor(message: string, details: ErrorDetails = {}, saysSession = true) {
    const { sessionKept = true, retryable = new.target.isRetryable } = details;
    super(saysSession ? `${message} ${sessionKept ? KEPT : GONE}` : message);
    // An error is printed with its fields: what is not known is none.
    const fields = Object.entries({ ...details, sessionKept, retryable }).filter(([, value]) => value !== undefined);
    Object.assign(this, Object.fromEntries(fields));
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Each class that is thrown: `code`, or `name`, tells which, and so which further fields there are. */
// biome-ignore format: a row a class would make the file too long
export type AnyKeystoneAuthError =
  | ConfigurationError | DiscoveryError | AuthorizationResponseError | ProviderError | TokenValidationError | ResponseError
  | NetworkError | TimeoutError | AbortedError | LoginRequiredError | StorageError | LockTimeoutError | PopupError | EnvironmentError;

/** Tells an error of this library from any other, also one from another realm or another copy of the library. */
export function isKeystoneAuthError(value: unknown): value is AnyKeystoneAuthError {
  return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[BRAND] === true;
}

/** The code of a fault beneath, such as `ECONNREFUSED`: all that is kept of a foreign error, whose message may hold a secret. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** An option or argument that cannot be used; thrown before any request. `option` names it. */
export class ConfigurationError extends KeystoneAuthError {
  override readonly name = "ConfigurationError";
  override readonly code = "configuration";
  constructor(
    /** The option at fault, as it is spelt in the options. */
    readonly option: string,
    message: string,
  ) {
    super(message, {}, false);
  }
}

/** The provider's metadata cannot be used (OpenID Connect Discovery 1.0 §4.3, RFC 8414 §3.3). */
export class DiscoveryError extends KeystoneAuthError {
  override readonly name = "DiscoveryError";
  override readonly code = "discovery";
}

/** An authorization response that does not fit the login it claims to answer (RFC 6749 §4.1.2, RFC 9207 §2.4). */
export class AuthorizationResponseError extends KeystoneAuthError {
  override readonly name = "AuthorizationResponseError";
  override readonly code = "authorization_response";
}

/** The provider answered with an OAuth error (RFC 6749 §4.1.2.1 and §5.2). */
export class ProviderError extends KeystoneAuthError {
  override readonly name = "ProviderError";
  override readonly code = "provider";
  /** The `error` code of the response, or `"unknown"` where the body had none. */
  declare readonly error: string;
  /** The `error_description`, on one line, at most 500 characters with its beginning and end, secrets removed. */
  declare readonly errorDescription?: string;
  /** The HTTP status, where the answer came over the token endpoint. */
  declare readonly status?: number;
  constructor(
    message: string,
    details: ErrorDetails & { error: string; errorDescription?: string | undefined; status?: number | undefined },
  ) {
    super(message, details);
  }
}

/** A token that failed validation (OpenID Connect Core 1.0 §3.1.3.7, RFC 9068 §4), or lacks what `requiredClaims` asks for. Nobody gets it. */
export class TokenValidationError extends KeystoneAuthError {
  override readonly name = "TokenValidationError";
  override readonly code = "token_validation";
  constructor(
    /** The claim or part that failed: `"iss"`, `"aud"`, `"exp"`, `"nonce"`, `"signature"`, `"alg"` and so on, or the required claim. */
    readonly claim: string,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details);
  }
}

/** An answer that no conforming provider gives: HTML, another content type, too many bytes. Retryable: a proxy may stand between. */
export class ResponseError extends KeystoneAuthError {
  protected static override readonly isRetryable = true;
  override readonly name = "ResponseError";
  override readonly code = "response";
}

/** No answer, part of one, or a 5xx or 429. Retryable. */
export class NetworkError extends KeystoneAuthError {
  protected static override readonly isRetryable = true;
  override readonly name = "NetworkError";
  override readonly code = "network";
  /** The HTTP status, where there was an answer at all. */
  declare readonly status?: number;
  /** What the `Retry-After` header asks for, in seconds (RFC 9110 §10.2.3). */
  declare readonly retryAfterSeconds?: number;
  constructor(
    message: string,
    details: ErrorDetails & { status?: number | undefined; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, details);
  }
}

/** Something took longer than its option allows: a request, a login, a device code. Retryable. */
export class TimeoutError extends KeystoneAuthError {
  protected static override readonly isRetryable = true;
  override readonly name = "TimeoutError";
  override readonly code = "timeout";
}

/** The caller's `AbortSignal` fired, or the client was closed. */
export class AbortedError extends KeystoneAuthError {
  override readonly name = "AbortedError";
  override readonly code = "aborted";
}

/** A person has to sign in, and this call may not ask for it. */
export class LoginRequiredError extends KeystoneAuthError {
  override readonly name = "LoginRequiredError";
  override readonly code = "login_required";
  constructor(
    readonly reason: LoginRequiredReason,
    message: string,
    details: ErrorDetails = {},
  ) {
    // Where there is no session, or another person's goes on, nothing is said of it.
    const isAnothers = reason === "user_changed" && details.sessionKept !== false;
    super(message, details, reason !== "no_session" && !isAnothers);
  }
}

/** The store cannot be used. A call that needs nothing from it still works. */
export class StorageError extends KeystoneAuthError {
  override readonly name = "StorageError";
  override readonly code = "storage";
  constructor(
    readonly kind: StorageErrorKind,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, { retryable: kind !== "version", ...details });
  }
}

/** The lock of the session could not be had in time; the work has not begun. Retryable. */
export class LockTimeoutError extends KeystoneAuthError {
  protected static override readonly isRetryable = true;
  override readonly name = "LockTimeoutError";
  override readonly code = "lock_timeout";
}

/** The popup could not be opened, or the user closed it. */
export class PopupError extends KeystoneAuthError {
  override readonly name = "PopupError";
  override readonly code = "popup";
  constructor(
    readonly kind: PopupErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** The platform lacks something that is needed: a browser to open, a secure context, a free port. */
export class EnvironmentError extends KeystoneAuthError {
  override readonly name = "EnvironmentError";
  override readonly code = "environment";
}
