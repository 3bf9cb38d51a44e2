/** Answers of endpoints that the client asks as itself: members of a good one, or the error of a bad one, without any secret. */
import { NetworkError, ProviderError, ResponseError } from "../errors.js";
import type { ClientConfig } from "../options/config.js";
import { oneLine } from "../options/log.js";
import type { Answer } from "./fetch.js";
import { type Members, membersOf } from "./jws.js";

/** RFC 6749 §5.2: printable ASCII without quote and backslash. */
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;
/** Longer than 500 characters: the beginning and the end are kept, where the ids for the provider's operator stand. */
const TOO_LONG = /^(.{300}).{2,}(.{199})$/;

const PERSON = "The provider asks for a person to sign in or to agree.";
const TROUBLE = "The provider is in trouble. Try again later.";

/** What a code means and what to do about it, for those that people meet. */
const ADVICE: Readonly<Record<string, string>> = {
  access_denied: "The sign-in was refused or cancelled. Call again to start over.",
  invalid_client: "Check the options clientId, clientSecret and clientAuthentication.",
  unauthorized_client: "The client is not registered for this flow; check its registration at the provider.",
  invalid_token: "The access token may be for another API alone; look at authorizationParams and extraScopes.",
  invalid_grant: "The code or refresh token is no longer valid. Sign in again.",
  invalid_scope: "Check the option extraScopes against the client's registration.",
  login_required: PERSON,
  interaction_required: PERSON,
  consent_required: PERSON,
  account_selection_required: PERSON,
  server_error: TROUBLE,
  temporarily_unavailable: TROUBLE,
};

/** What an error text may repeat, and what it may not. */
export interface Exchange {
  readonly config: ClientConfig;
  /** What the request carried that no message may repeat, beside the client secret. */
  readonly secrets: readonly string[];
  /** What it may repeat, although it may look like a token. */
  readonly redirectUri?: string | undefined;
}

/** The ids by which a provider's operator finds the exchange in the logs. */
const UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** Takes out every secret of the exchange. */
function withoutSecrets(text: string, { config, secrets }: Exchange): string {
  let clean = text;
  for (const secret of [...secrets, config.clientSecret ?? ""]) {
    if (secret.length <= 3) continue;
    // Also as it stood in the form. A lone surrogate has no form of its own.
    const whole = secret.replace(/\p{Cs}/gu, "\ufffd");
    const encoded = [encodeURIComponent(whole), new URLSearchParams([["", whole]]).toString().slice(1)];
    for (const form of [secret, ...encoded]) clean = clean.replaceAll(form, "[redacted]");
  }
  return clean;
}

/** Takes out what looks like a token, too. What the program itself configured is no secret. */
export function redact(text: string, exchange: Exchange): string {
  const { config, redirectUri = "" } = exchange;
  // Not all of authorizationParams: `id_token_hint` is a token.
  const { clientId, issuer, scopes, audiences, resources, authorizationParams } = config;
  const { audience = "" } = authorizationParams;
  const own = [clientId, issuer, redirectUri, audience, ...scopes, ...audiences, ...resources];
  const kept = own.filter((value) => value.length > 7).map(escaped);
  // Providers echo what they were sent, or parts of it; no plain word is that long.
  const words = new RegExp(`(${[...kept, UUID].join("|")})(?![\\w~+/=-]|\\.\\w)|[\\w~+/=.-]{24,}`, "g");
  return withoutSecrets(text, exchange).replace(words, (word, known?: string) => {
    const rest = word.replace(new RegExp(`([/=])${UUID}(?![\\w~+-]|\\.\\w)`, "g"), "$1");
    return known === undefined && /\d/.test(rest) && /[a-z]/i.test(rest) ? "[redacted]" : word;
  });
}

/** Reads an OAuth error response (RFC 6749 §4.1.2.1 and §5.2): the arguments of its error. */
function readError(where: string, answer: Members, exchange: Exchange, status?: number) {
  const text = (value: unknown) => (typeof value === "string" ? redact(value, exchange) : "");
  const code = text(answer.error);
  const error = ERROR_CODE.test(code) ? code : "unknown";
  const errorDescription = oneLine(text(answer.error_description), Infinity).replace(TOO_LONG, "$1…$2") || undefined;
  const said = error === "unknown" ? `an error without a code${status ? ` (status ${status})` : ""}` : `"${error}"`;
  const sentence = `${where} answered with ${said}${errorDescription ? `: ${errorDescription}` : ""}`;
  const advice = Object.hasOwn(ADVICE, error) ? ADVICE[error] : undefined;
  const message = `${sentence}${/[.!?…]$/.test(sentence) ? "" : "."}${advice ? ` ${advice}` : ""}`;
  // A fault of the provider's own passes: the same as a 5xx, whatever status it comes with.
  const retryable = error === "server_error" || error === "temporarily_unavailable";
  return [message, { error, errorDescription, status, retryable }] as const;
}

/** Makes the error of an authorization response that is one, or of an answer that is one whatever it says. */
export function providerError(where: string, answer: Members, exchange: Exchange, status?: number): ProviderError {
  return new ProviderError(...readError(where, answer, exchange, status));
}

/** Reads an answer's members (RFC 6749 §5.1), those that are null left out. An error (§5.2) is thrown, also one with status 200. */
export function readAnswer(where: string, answer: Answer, exchange: Exchange): Members {
  const { ok, status, retryAfterSeconds } = answer;
  // A body that is JSON by luck under another content type is no answer.
  const isJson = /^application\/json\s*(;|$)/i.test(answer.headers.get("content-type") ?? "");
  const body = parse(answer.text);
  const members = ok && !isJson ? undefined : membersOf(body);
  // A refresh token beside an error must not be lost with it.
  const isAnswer =
    members !== undefined &&
    (typeof members.error !== "string" || members.error === "" || members.access_token || members.refresh_token);
  if (ok && isAnswer) return members;
  if (ok ? members === undefined : body === undefined) {
    const problem = ok
      ? "did not answer with JSON"
      : `answered with status ${status} and a page that is no OAuth error`;
    // The provider's own page, or somebody else's: by its status the caller knows which is likely.
    const foreign = `${where} ${problem}; a captive portal or proxy may stand between. Try again.`;
    throw Object.assign(new ResponseError(foreign), { status });
  }
  const [message, details] = readError(where, members ?? {}, exchange, status);
  if (details.retryable) throw new NetworkError(message, { status, retryAfterSeconds });
  throw new ProviderError(message, details);
}

function parse(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
