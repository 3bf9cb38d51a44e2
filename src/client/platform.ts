/** A platform as the client sees it. Types only: `src/browser` and `src/node` each have one. */
import type { ProviderSessionResult } from "./sign-out-result.js";
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { NetworkHint } from "../protocol/fetch.js";
import type { ConfidentialClient } from "../protocol/confidential-client.js";
import type { LoginRequest } from "../options/call.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import type { Clock, Lock, OpenedStore } from "../ports.js";
import type { StorageError } from "../errors.js";
import type { Session } from "../session/session.js";
import type { SessionRecord, TokenResponse } from "../token-set.js";
import type { Diagnosis } from "./diagnosis.js";

/** What a platform is given for one login. */
export interface LoginAttempt {
  /** The name of the session's record. */
  readonly key: string;
  readonly server: AuthorizationServer;
  readonly lock: Lock;
  /** What this login asks for beyond the client's options. */
  readonly request: LoginRequest;
  /** The session that was there and that does not serve, by its id. */
  readonly found: string | undefined;
  /** The last ID Token of the person whose tokens this client has given: for `id_token_hint`. */
  readonly idTokenHint: string | undefined;
  /** Fires when nobody waits any more, when the time is up, and when the user signs out. */
  readonly signal: AbortSignal;
  /**
   * Stops the time limit of the login, while another program's is waited for; it begins anew when what this gives is
   * called.
   */
  pauseTime(): () => void;
  /** To be called when the page is about to be left: what is asked for from now on begins another login. */
  leaves(): void;
  /** Where the browser is to come back: the error of a login that nobody finishes names it. */
  expectsAt(redirectUri: string): void;
  /** To be called when the browser has come back with an answer: the login is not begun anew any more. */
  hasAnswer(): void;
  /** The session that somebody else has begun since this login was asked for, so that no person is needed. */
  adopt(): Promise<SessionRecord | undefined>;
  /** The marks of the sign-outs that this login comes after, for a login that goes on in another page. */
  signOuts(): readonly string[] | undefined;
  /** To be called before a person is asked: rejects where somebody has signed out since this login was asked for. */
  confirm(): Promise<void>;
  /**
   * Gets the tokens by `exchange`, and begins the session that they bring: it is stored when this resolves. Once begun it
   * goes on when nobody waits any more, since a code serves once; a sign-out alone makes its result void. `signOuts` are
   * those of the attempt that began the login, where that was another one.
   */
  finish(exchange: () => Promise<TokenResponse>, signOuts?: readonly string[]): Promise<SessionRecord>;
}

/** A popup that was opened in the user's gesture, before anything is known about the login. */
export interface EarlyPopup {
  /** Whether a login uses it. */
  readonly isTaken: boolean;
  /** Closes the popup where no login has taken it over. */
  discard(): void;
}

/** What a diagnosis looks at. */
export interface DiagnosisSubject {
  readonly server: AuthorizationServer;
  readonly session: Session;
}

export interface Platform {
  readonly clock: Clock;
  /** Whether a login leaves a page, or opens a window over it. */
  readonly isPage: boolean;
  /** Whether `signOut()` ends the provider's session too, where its options do not say. */
  readonly endsProviderSession: boolean;
  /** Where the provider sends the person after a logout. */
  readonly postLogoutRedirectUri?: string | undefined;
  readonly networkHint?: NetworkHint;
  /** Opens the store of the session; may begin to connect. */
  openStore(onTrouble: (error: StorageError) => void, onChange: () => void): OpenedStore | Promise<OpenedStore>;
  /** What a client with a secret needs of the protocol. No page has it. */
  confidential?(): Promise<ConfidentialClient | undefined>;
  /** Whether an authorization response may stand in the address bar; cheap, asked for each token that is not in memory. */
  hasResponse?(): boolean;
  /** Finishes the login whose response stands in the address bar, and gives its session, if there is one. */
  resume?(attempt: LoginAttempt): Promise<SessionRecord | undefined>;
  /** Whether the page is hidden: a login waits there until it is shown. */
  isHidden?(): boolean;
  /** Uses up the response in the address bar without an exchange, and shows the page that asked: a sign-out has ended its login. */
  endResponse?(key: string): Promise<void>;
  /** Notes that a response is being finished, for the page's other clients. The promise never rejects. */
  noteAnswer?(finishing: Promise<unknown>): void;
  /** Loads what a login in a click would have to wait for. */
  prepareLogin?(): Promise<void>;
  /** Opens a popup now, where a login would need one. Called synchronously in the program's call. */
  openPopup?(): EarlyPopup | undefined;
  /** Signs in without a person. Rejects with LoginRequiredError where the provider has to show something. */
  silentLogin?(attempt: LoginAttempt): Promise<SessionRecord>;
  /** Signs a person in. */
  login(attempt: LoginAttempt, popup: EarlyPopup | undefined): Promise<SessionRecord>;
  /** Shows the provider's logout page. */
  endProviderSession(
    request: EndSessionRequest,
    signal: AbortSignal,
    popup: EarlyPopup | undefined,
  ): Promise<ProviderSessionResult>;
  /** Gives the authorization server's metadata and keys that an earlier page has kept. Never rejects. */
  restoreProvider?(server: AuthorizationServer): Promise<void>;
  /** Keeps them for the next page. Never rejects. */
  keepProvider?(server: AuthorizationServer): Promise<void>;
  /** Checks what a login needs, without one. */
  diagnose(subject: DiagnosisSubject): Promise<Diagnosis>;
  /** The page's own address. */
  address?(): string;
  /** Ends what may outlive a login, such as further pages of the loopback server. */
  close?(): void;
}
