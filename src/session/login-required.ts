/** Why a person has to sign in. */
import { GONE, KEPT, type KeystoneAuthError, LoginRequiredError, type ProviderError } from "../errors.js";

export function noSession(): LoginRequiredError {
  return new LoginRequiredError(
    "no_session",
    'Nobody is signed in, or the session cannot be renewed. Sign in: by signIn(), or by a call that may ask a person (interaction: "allowed").',
  );
}

export function userChanged(): LoginRequiredError {
  return new LoginRequiredError(
    "user_changed",
    "Another person has signed in, whose tokens are not given here (option whenUserChanges). Call signIn() to go on, or make a new client.",
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

/** The provider refuses to renew the session, which stays as it is. */
export function notRenewed({ error: said }: ProviderError): LoginRequiredError {
  return new LoginRequiredError(
    "refresh_rejected",
    `The session cannot be renewed (${said}), and this call may not ask a person. Sign in by signIn().`,
  );
}

/** Why there is no session; `endedBy` is how this client has seen one end. */
export function whyNone(endedBy: "signed_out" | "ended" | undefined): LoginRequiredError {
  if (endedBy === "signed_out") return signedOut();
  return endedBy === "ended" ? refreshRejected() : noSession();
}

/** Whether it says that there is no session. */
export const isNone = (error: unknown): boolean =>
  error instanceof LoginRequiredError && error.reason !== "provider_requires_interaction";

/** OpenID Connect Core 1.0 §3.1.2.6: what a provider says that gives nothing without showing a person something. */
const NEEDS_A_PERSON = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

export const needsPerson = ({ error }: ProviderError): boolean => NEEDS_A_PERSON.includes(error);

/** `asked` is what the provider was asked for, as a sentence. */
export function providerRequiresPerson({ error }: ProviderError, asked: string): LoginRequiredError {
  return new LoginRequiredError(
    "provider_requires_interaction",
    `${asked} (${error}). Sign in by a call that may ask a person.`,
  );
}

/** The same error where the session here has gone: after a sign-out, or since a refresh has ended it. */
export function withoutSession<E extends KeystoneAuthError>(error: E): E {
  const copy = Object.create(Object.getPrototypeOf(error) as object, Object.getOwnPropertyDescriptors(error)) as E;
  const message = error.message.endsWith(KEPT) ? error.message.slice(0, -KEPT.length) + GONE : error.message;
  return Object.assign(copy, { message, sessionKept: false });
}
