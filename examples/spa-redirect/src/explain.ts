/** What to show for an error. The library's messages say what happened and what to do; a page adds a title and a button. */
import { type ErrorCode, isKeystoneAuthError } from "keystone-auth/browser";

export interface Explanation {
  readonly title: string;
  readonly message: string;
  /** The button that helps. */
  readonly help: "Try again" | "Sign in";
}

const titles: Record<ErrorCode, string> = {
  network: "The sign-in service cannot be reached",
  timeout: "It took too long",
  response: "The sign-in service gave no usable answer",
  provider: "The sign-in service refused",
  discovery: "The sign-in service is not set up for this app",
  authorization_response: "The sign-in could not be finished",
  token_validation: "The sign-in service's answer cannot be trusted",
  login_required: "You have to sign in",
  popup: "The sign-in window is gone",
  aborted: "The sign-in was cancelled",
  storage: "This browser cannot keep your session",
  lock_timeout: "Another tab is busy with your session",
  environment: "Signing in does not work on this page",
  configuration: "This app is not set up correctly",
};

export function explain(error: unknown): Explanation {
  if (isKeystoneAuthError(error)) {
    const { code, message, retryable } = error;
    return { title: titles[code], message, help: retryable ? "Try again" : "Sign in" };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { title: "That did not work", message, help: "Try again" };
}

export const isLoginRequired = (error: unknown): boolean =>
  isKeystoneAuthError(error) && error.code === "login_required";
