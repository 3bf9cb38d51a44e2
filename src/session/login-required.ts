/** The reasons to sign in, in words. */
import { LoginRequiredError } from "../errors.js";
import type { SessionView } from "./session-view.js";
import { accessTokenOf, type SessionRecord } from "../token-set.js";

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

/** Why there is no session to use, as far as this client has seen it end. */
export function whyNoSession({ endedBy }: SessionView): LoginRequiredError {
  if (endedBy === "signed_out") return signedOut();
  return endedBy === "ended" ? refreshRejected() : noSession();
}

/** The session, where there must be one by now. */
export async function mustHave(view: SessionView): Promise<SessionRecord> {
  const record = await view.look();
  if (record === undefined || accessTokenOf(record) === undefined) throw whyNoSession(view);
  return record;
}
