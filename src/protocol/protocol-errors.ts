/** OAuth error responses as our errors: on one line, bounded, and without any secret that was sent. */
import { ProviderError, ResponseError } from "../errors.js";
import { oneLine } from "../options/log.js";

/** RFC 6749 §5.2: printable ASCII without quote and backslash. */
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** What a code means and what to do about it, for those that people meet. */
const ADVICE: Readonly<Record<string, string>> = {
  access_denied: "The sign-in was refused or cancelled. Call again to start over.",
  invalid_client: "Check the options clientId, clientSecret and clientAuthentication.",
  unauthorized_client: "The client is not registered for this flow; check its registration at the provider.",
  invalid_grant: "The code or refresh token is no longer valid. Sign in again.",
  invalid_scope: "Check the option extraScopes against the client's registration.",
  login_required: "The provider asks for a sign-in by a person.",
  interaction_required: "The provider asks for a person.",
  consent_required: "The provider asks for a consent by a person.",
  account_selection_required: "The provider asks which account to use.",
  server_error: "The provider had a fault. Try again later.",
  temporarily_unavailable: "The provider is busy. Try again later.",
};

/** Takes out every secret of the exchange, and anything that looks like a token. */
function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length <= 3) continue;
    // Also as it stood in the form.
    const encoded = [encodeURIComponent(secret), new URLSearchParams([["", secret]]).toString().slice(1)];
    for (const form of [secret, ...encoded]) clean = clean.replaceAll(form, "[redacted]");
  }
  // Providers echo what they were sent, or parts of it; no plain word is that long.
  return clean.replace(/[A-Za-z0-9_~+/=.-]{24,}/g, (run) =>
    /\d/.test(run) && /[a-z]/i.test(run) ? "[redacted]" : run,
  );
}

export interface OAuthError {
  readonly error: unknown;
  readonly error_description?: unknown;
}

/** Makes the error of an OAuth error response. `secrets` are the values that the request carried. */
export function providerError(
  where: string,
  answer: OAuthError,
  details: { status?: number; secrets: readonly string[] },
): ProviderError {
  const given = typeof answer.error === "string" ? redact(answer.error, details.secrets) : "";
  const error = ERROR_CODE.test(given) ? given : "unknown";
  const description =
    typeof answer.error_description === "string"
      ? oneLine(redact(oneLine(answer.error_description, 2000), details.secrets), 500)
      : undefined;
  const said =
    error === "unknown"
      ? `an error without a code${details.status ? ` (status ${details.status})` : ""}`
      : `"${error}"`;
  const message = `${where} answered with ${said}${description ? `: ${description}` : ""}. ${ADVICE[error] ?? "The stored session is kept."}`;
  return new ProviderError(message, {
    error,
    errorDescription: description,
    status: details.status,
    retryable: error === "server_error" || error === "temporarily_unavailable",
  });
}

/** Reads the error out of a token endpoint's 4xx (RFC 6749 §5.2); a foreign page is a ResponseError. */
export async function errorOfResponse(
  where: string,
  response: Response,
  secrets: readonly string[],
): Promise<ProviderError | ResponseError> {
  const body = await response.text();
  let answer: unknown;
  try {
    answer = body.trim() === "" ? {} : JSON.parse(body);
  } catch {
    return new ForeignAnswerError(
      `${where} answered with status ${response.status} and a page that is no OAuth error; a captive portal or proxy may stand between. The session is kept; try again.`,
      response.status,
    );
  }
  const error = (typeof answer === "object" && answer !== null ? answer : {}) as OAuthError;
  return providerError(where, error, { status: response.status, secrets });
}

/** A 4xx with a body that is no OAuth error: the provider's own page, or somebody else's. */
export class ForeignAnswerError extends ResponseError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}
