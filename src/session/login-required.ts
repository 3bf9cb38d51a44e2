/** Why a person has to sign in. */
import { LoginRequiredError } from "../errors.js";

export function noSession(): LoginRequiredError {
  return new LoginRequiredError(
    "no_session",
    'Nobody is signed in, or the session cannot be renewed. Sign in by a call that may ask a person (interaction: "allowed").',
  );
}

export function signedOut(): LoginRequiredError {
  return new LoginRequiredError("signed_out", "The session was signed out. Sign in again to go on.", {
    sessionKept: false,
  });
}

export function refreshRejected(said?: string): LoginRequiredError {
  return new LoginRequiredError(
    "refresh_rejected",
    `The provider has ended the session${said ? ` (${said})` : ""}. Sign in again.`,
    { sessionKept: false },
  );
}

/** Why there is no session; `endedBy` is how this client has seen one end. */
export function whyNone(endedBy: "signed_out" | "ended" | undefined): LoginRequiredError {
  if (endedBy === "signed_out") return signedOut();
  return endedBy === "ended" ? refreshRejected() : noSession();
}
