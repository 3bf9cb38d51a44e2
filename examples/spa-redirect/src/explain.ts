/**
 * What to show for an error: a title, a sentence for whoever uses the app, and the button that helps. The library's own message says what
 * happened and what to do in a developer's words; it is kept, folded away.
 */
import { type ErrorCode, isKeystoneAuthError } from "keystone-auth/browser";

export interface Explanation {
  readonly title: string;
  readonly message: string;
  /** For whoever is asked for help. */
  readonly details?: string;
  /** The button that helps. */
  readonly help: "Try again" | "Sign in";
}

const AGAIN = "Try again in a moment.";
const OURS = "Nothing that you can change. Tell the people who run this app.";

const texts: Record<ErrorCode, readonly [title: string, message: string]> = {
  network: ["The sign-in service cannot be reached", `Check your connection. ${AGAIN}`],
  timeout: ["It took too long", AGAIN],
  response: [
    "The sign-in service gave no usable answer",
    `Check your connection: some networks want a sign-in of their own. ${AGAIN}`,
  ],
  provider: ["The sign-in service refused", "You can sign in again, perhaps with another account."],
  discovery: ["The sign-in service is not set up for this app", OURS],
  authorization_response: ["The sign-in could not be finished", "Sign in again."],
  token_validation: [
    "The sign-in service's answer cannot be trusted",
    "Check that your clock is right, and sign in again.",
  ],
  login_required: ["You have to sign in", "Sign in to go on."],
  popup: ["The sign-in window is gone", "Sign in again, and allow this page to open a window."],
  aborted: ["The sign-in was cancelled", "Sign in when you are ready."],
  storage: ["This browser cannot keep your session", "Make some space, or leave private browsing, and try again."],
  lock_timeout: ["Another tab is busy with your session", AGAIN],
  environment: [
    "Signing in does not work on this page",
    "Reload the page. If that does not help, try another browser.",
  ],
  configuration: ["This app is not set up correctly", OURS],
};

export function explain(error: unknown): Explanation {
  const details = error instanceof Error ? error.message : String(error);
  if (isKeystoneAuthError(error)) {
    const [title, message] = texts[error.code];
    return { title, message, details, help: error.retryable ? "Try again" : "Sign in" };
  }
  // The app's own errors are written for people.
  return { title: "That did not work", message: details, help: "Try again" };
}

export const isLoginRequired = (error: unknown): boolean =>
  isKeystoneAuthError(error) && error.code === "login_required";
