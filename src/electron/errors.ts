/** Errors as data: what crosses from the main process to a window, and the errors that are made of it there. */
import * as errors from "../errors.js";

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

type Fields = Readonly<Partial<Record<keyof typeof FIELDS, string | number | boolean>>>;
/** An error as data: `code` names the class, `message` is whole. */
export type ErrorData = Fields & Readonly<Record<"code" | "message", string>>;

function fieldsOf(from: object): Fields {
  const all = from as Readonly<Record<string, unknown>>;
  const read = Object.entries(FIELDS).map(([name, check]) => [name, check(all[name])]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined)) as Fields;
}

export function describeError(error: unknown): ErrorData {
  // The message of a foreign error may say anything.
  const known = errors.isKeystoneAuthError(error)
    ? error
    : new errors.EnvironmentError("The main process met a fault that it did not expect.");
  return { ...fieldsOf(known), code: known.code, message: known.message.slice(0, LONGEST_TEXT) };
}

/** What each class is made with; the fields come after, from the table. */
const CLASSES: Readonly<Record<errors.ErrorCode, () => errors.KeystoneAuthError>> = {
  configuration: () => new errors.ConfigurationError("", ""),
  discovery: () => new errors.DiscoveryError(""),
  authorization_response: () => new errors.AuthorizationResponseError(""),
  provider: () => new errors.ProviderError("", { error: "" }),
  token_validation: () => new errors.TokenValidationError("", ""),
  response: () => new errors.ResponseError(""),
  network: () => new errors.NetworkError(""),
  timeout: () => new errors.TimeoutError(""),
  aborted: () => new errors.AbortedError(""),
  login_required: () => new errors.LoginRequiredError("no_session", ""),
  storage: () => new errors.StorageError("unavailable", ""),
  lock_timeout: () => new errors.LockTimeoutError(""),
  popup: () => new errors.PopupError("closed", ""),
  environment: () => new errors.EnvironmentError(""),
};

/** The error that the data describe: the same class, code, message and fields. */
export function rebuildError(data: ErrorData): errors.KeystoneAuthError {
  // A code such as `constructor` is none.
  const create = Object.hasOwn(CLASSES, data.code) ? CLASSES[data.code as errors.ErrorCode] : CLASSES.environment;
  return withMessage(Object.assign(create(), fieldsOf(data)), data.message);
}

/** Gives an error a message that is whole: the base class has written what became of the session at its end already. */
export function withMessage<E extends errors.KeystoneAuthError>(error: E, message: string): E {
  const calls = /\n {4}at [^]*/.exec(error.stack ?? "")?.[0] ?? "";
  return Object.defineProperties(error, {
    message: { value: message },
    stack: { value: `${error.name}: ${message}${calls}` },
  });
}
