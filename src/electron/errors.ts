/** Errors as data: what crosses from the main process to a window, and the errors that are made of it there. */
import {
  AbortedError,
  AuthorizationResponseError,
  ConfigurationError,
  DiscoveryError,
  EnvironmentError,
  type ErrorCode,
  isKeystoneAuthError,
  type KeystoneAuthError,
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

const LONGEST_TEXT = 2000;

const text = (value: unknown) => (typeof value === "string" ? value.slice(0, LONGEST_TEXT) : undefined);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const flag = (value: unknown) => (typeof value === "boolean" ? value : undefined);

/** The fields that cross beside code and message. Both sides read this table: what is not in it stays in the main process. */
const FIELDS = {
  retryable: flag,
  sessionKept: flag,
  causeCode: text,
  option: text,
  error: text,
  errorDescription: text,
  status: number,
  retryAfterSeconds: number,
  claim: text,
  reason: text,
  kind: text,
} as const;

type Fields = { readonly [Name in keyof typeof FIELDS]?: NonNullable<ReturnType<(typeof FIELDS)[Name]>> };

/** An error as data: `code` names the class, `message` is whole. */
export interface ErrorData extends Fields {
  readonly code: string;
  readonly message: string;
}

function fieldsOf(from: object): Fields {
  const all = from as Readonly<Record<string, unknown>>;
  const read = Object.entries(FIELDS).map(([name, check]) => [name, check(all[name])] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Fields;
}

export function describeError(error: unknown): ErrorData {
  // The message of a foreign error may say anything.
  const known = isKeystoneAuthError(error)
    ? error
    : new EnvironmentError("The main process met a fault that it did not expect.");
  return { ...fieldsOf(known), code: known.code, message: known.message.slice(0, LONGEST_TEXT) };
}

/** What each class is made with; the fields come after, from the table. */
const CLASSES: Readonly<Record<ErrorCode, (message: string) => KeystoneAuthError>> = {
  configuration: (message) => new ConfigurationError("options", message),
  discovery: (message) => new DiscoveryError(message),
  authorization_response: (message) => new AuthorizationResponseError(message),
  provider: (message) => new ProviderError(message, { error: "unknown" }),
  token_validation: (message) => new TokenValidationError("", message),
  response: (message) => new ResponseError(message),
  network: (message) => new NetworkError(message),
  timeout: (message) => new TimeoutError(message),
  aborted: (message) => new AbortedError(message),
  login_required: (message) => new LoginRequiredError("no_session", message),
  storage: (message) => new StorageError("unavailable", message),
  lock_timeout: (message) => new LockTimeoutError(message),
  popup: (message) => new PopupError("closed", message),
  environment: (message) => new EnvironmentError(message),
};

/** The error that the data describe: the same class, code, message and fields. */
export function rebuildError(data: ErrorData): KeystoneAuthError {
  // A code such as `constructor` is none.
  const create = Object.hasOwn(CLASSES, data.code) ? CLASSES[data.code as ErrorCode] : CLASSES.environment;
  return withMessage(Object.assign(create(""), fieldsOf(data)), data.message);
}

/** Gives an error a message that is whole: the base class has written what became of the session at its end already. */
export function withMessage<E extends KeystoneAuthError>(error: E, message: string): E {
  const { stack = "" } = error;
  const firstCall = stack.indexOf("\n    at ");
  const calls = firstCall < 0 ? "" : stack.slice(firstCall);
  return Object.defineProperties(error, {
    message: { value: message },
    stack: { value: `${error.name}: ${message}${calls}` },
  });
}
