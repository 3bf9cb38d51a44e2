/** A failed login in the words of the person who sits before it; the program gets the error itself. */
import type { ErrorCode, KeystoneAuthError, ProviderError } from "../../errors.js";

export interface Explanation {
  readonly what: string;
  readonly next: string;
}

const WHAT: Readonly<Partial<Record<ErrorCode, string>>> = {
  aborted: "The sign-in was ended before it was complete.",
  authorization_response: "The answer that came back does not belong to this sign-in.",
  configuration: "The program is not set up correctly.",
  discovery: "The sign-in service is not set up as the program expects.",
  environment: "Something that the sign-in needs is missing on this computer.",
  network: "The sign-in service could not be reached.",
  provider: "The sign-in service refused the sign-in.",
  response: "The sign-in service gave an answer that cannot be used.",
  storage: "The sign-in could not be saved on this computer.",
  timeout: "The sign-in took too long.",
  token_validation: "The sign-in service gave an answer that did not pass the checks, so it was not used.",
};

/** `product` is HTML already, and so are both sentences. */
export function explainFailure(error: KeystoneAuthError, product: string): Explanation {
  const again = `Go back to ${product} and try again.`;
  const support = `Go back to ${product} and try again. If it happens again, give the details below to its support.`;
  if (isProviderError(error) && error.error === "access_denied")
    return { what: "The sign-in was declined.", next: again };
  if (isProviderError(error) && ["server_error", "temporarily_unavailable"].includes(error.error)) {
    return {
      what: "The sign-in service has a fault of its own at the moment.",
      next: `Wait a moment, then go back to ${product} and try again.`,
    };
  }
  const what = WHAT[error.code] ?? "The sign-in could not be completed.";
  return { what, next: error.retryable || error.code === "aborted" ? again : support };
}

function isProviderError(error: KeystoneAuthError): error is ProviderError {
  return error.code === "provider";
}
