/** A platform as the client sees it, in two parts: what a stored token needs, and what loads with a need. Types only. */
import type { AuthorizationServer } from "../protocol/authorization-server.js";
import type { ConfidentialClient } from "../protocol/confidential-client.js";
import type { EndSessionRequest } from "../protocol/sign-out.js";
import type { Clock, Lock, OpenedStore, SessionChannel, StorageTrouble } from "../ports.js";
import type { TokenResponse } from "../token-set.js";

/** What a login is given. */
export interface LoginTools {
  readonly key: string;
  readonly server: AuthorizationServer;
  readonly lock: Lock;
  /** Fires when nobody waits any more, when the time is up, and when the user signs out. */
  readonly signal: AbortSignal;
  /** Whether somebody else has signed in since this login was asked for, so that no person is needed. */
  adopt(): Promise<boolean>;
  /** Begins the session that the grant brings: stored when this resolves. Gives the access token. */
  accept(grant: TokenResponse): Promise<string>;
}

/** A window that was opened in the user's gesture, before anything is known about the login. */
export interface EarlyWindow {
  /** Whether a login uses it. */
  readonly isTaken: boolean;
  /** Closes the window where no login has taken it over. */
  discard(): void;
}

/** What became of the provider's own session. */
export type ProviderSessionResult = "ended" | "failed" | "unsupported" | "skipped";

/** What a stored token needs of a platform. */
export interface Platform {
  readonly clock: Clock;
  /** Whether `signOut()` ends the provider's session too, where its options do not say. */
  readonly endsProviderSession: boolean;
  /** Whether the actions have a `silentLogin`. */
  readonly triesSilently?: boolean;
  /** The SHA-256 of a text, in hexadecimal: what records are named by. */
  digest(text: string): string | Promise<string>;
  /** May begin to connect; waits for nothing. */
  openStore(onTrouble: StorageTrouble): OpenedStore;
  openChannel?(): SessionChannel | undefined;
  /** Whether there may be something for `resume` to do; cheap, called for each token that is not in memory. */
  mayResume?(): boolean;
  /** Opens a window now, where a login would need one. Called synchronously in the program's call. */
  openEarly?(): EarlyWindow | undefined;
  /** What a login, a sign-out or a renewal needs beside. */
  loadActions(): Promise<PlatformActions>;
  /** Ends what may outlive a login, such as further pages of the loopback server. */
  close?(): void;
  /** The page's own address. */
  address?(): string;
  /** Calls back when the program may have slept: a page out of the back/forward cache. */
  onWake?(listener: () => void): () => void;
}

/** What a platform does beyond a stored token. */
export interface PlatformActions {
  /** Ends the message of a request that got no answer. */
  readonly networkHint?: string;
  /** How a client with a secret shows who it is. */
  readonly confidential?: ConfidentialClient | undefined;
  /** Finishes a login whose response is in the address bar, if there is one. */
  resume?(tools: LoginTools): Promise<void>;
  /** Signs in without a person; false where that did not work. */
  silentLogin?(tools: LoginTools): Promise<boolean>;
  /** Signs a person in: resolves when `accept` has, or when `adopt` gave true. */
  login(tools: LoginTools, early: EarlyWindow | undefined): Promise<void>;
  /** Where the provider sends the person after a logout. */
  readonly postLogoutRedirectUri?: string | undefined;
  /** Shows the provider's logout page. */
  endProviderSession(
    request: EndSessionRequest,
    signal: AbortSignal,
    early: EarlyWindow | undefined,
  ): Promise<ProviderSessionResult>;
  /** Before a login the client may know the provider already (a snapshot of an earlier page). */
  warm?(server: AuthorizationServer): Promise<void>;
  /** Keeps what is known of the provider for the next page. */
  keepWarm?(server: AuthorizationServer): Promise<void>;
}
