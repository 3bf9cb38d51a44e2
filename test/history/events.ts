/**
 * What happened, as the checker reads it: one JSON object a line, in the order in which it happened. The simulation writes
 * it; processes and tabs under load can write the same, each line with the time of a clock that all of them share.
 *
 * Tokens go by names, never by their text: `f1r2` is the second refresh token of the first session at the provider, `f1a3`
 * its third access token. Whoever watches real tokens keeps a table.
 */

/** What a client can share a store with: the way of its lock and of its news. */
export type Kind = "process" | "thread" | "tab" | "fleet";

/** The limits of a client, in milliseconds. */
export interface Bounds {
  readonly storage: number;
  readonly request: number;
  readonly lock: number;
  readonly login: number;
}

/** The calls that a history tells of. */
export const METHODS = [
  "getAccessToken",
  "getTokenSet",
  "getIdTokenClaims",
  "signIn",
  "signOut",
  "destroyTokens",
  "destroyAccessToken",
] as const;

export type Method = (typeof METHODS)[number];

/** What a stored record says, by names. */
export interface Stored {
  /** The record's `id`. */
  readonly id: string;
  readonly refresh?: string;
  readonly access?: string;
  /** When the access token ends by the record, in wall time of the client that wrote it. */
  readonly expiresAt?: number;
  /** The ids of the sign-outs' marks that its login came after; absent where it names none. */
  readonly marks?: readonly string[];
}

/** An error as a call gave it. */
export interface Failure {
  readonly code: string;
  readonly reason?: string;
  readonly sessionKept?: boolean;
  readonly retryable?: boolean;
}

/** A call began. */
export interface CallEvent {
  readonly what: "call";
  readonly client: string;
  readonly call: number;
  readonly method: Method;
  /** It may ask no person. */
  readonly never?: boolean;
  readonly forced?: boolean;
  readonly refused?: string;
  /** The question at the end of all: is the session there that must be? */
  readonly isLast?: boolean;
}

/** A call gave a token, nothing, or an error. */
export interface SettledEvent {
  readonly what: "settled";
  readonly client: string;
  readonly call: number;
  /** The access token that it gave. */
  readonly token?: string;
  /** The person that the claims beside it name. */
  readonly person?: string;
  readonly scopes?: readonly string[];
  /** The wall clock of the client at that moment. */
  readonly wall: number;
  readonly failure?: Failure;
}

/** The provider dealt with a token request. */
export interface ActedEvent {
  readonly what: "acted";
  readonly request: number;
  /** `tokens`, or the error that it answered. */
  readonly answer: string;
  /** The session at the provider. */
  readonly family?: number;
  readonly person?: string;
  readonly scopes?: readonly string[];
  /** The login whose code was spent. */
  readonly login?: number;
  /** The refresh token that was issued, or goes on to be good. */
  readonly refresh?: string;
  /** Whether refresh tokens of this session serve once. */
  readonly isOneTime?: boolean;
  readonly access?: string;
  readonly lifetimeMs?: number;
  /** The answer speaks of another person: nothing of it may be given. */
  readonly isForeign?: boolean;
  /** Its ID Token cannot be validated: the access token beside it may not be given, and the refresh token must be kept. */
  readonly isUnproven?: boolean;
}

export type Happening =
  /** Events of these kinds are not in the history, whether they happened or not. Of all others it has every one. */
  | { readonly what: "unseen"; readonly kinds: readonly Event["what"][] }
  | {
      readonly what: "client";
      readonly client: string;
      readonly kind: Kind;
      readonly trustMs: number;
      readonly bounds: Bounds;
      readonly scopes: readonly string[];
    }
  /** It died; it was stopped, with everything that it waits for; it goes on. */
  | { readonly what: "crash" | "stop" | "wake"; readonly client: string }
  /** `close()` was called; it has settled. */
  | { readonly what: "closing" | "closed"; readonly client: string }
  /** The wall clock jumped. */
  | { readonly what: "clock"; readonly client: string; readonly byMs: number }
  | CallEvent
  | { readonly what: "abort"; readonly client: string; readonly call: number }
  | SettledEvent
  /** A session or storage event of the client, as its program hears it. */
  | { readonly what: "heard"; readonly client: string; readonly event: "session" | "storage"; readonly detail: string }
  /** An authorization request is shown to a person. */
  | { readonly what: "opens"; readonly client: string; readonly login: number }
  | { readonly what: "agrees"; readonly client: string; readonly login: number; readonly person: string }
  /** A token request left the client. */
  | {
      readonly what: "sent";
      readonly client: string;
      readonly request: number;
      readonly refresh?: string;
      readonly login?: number;
    }
  | ActedEvent
  /** The client has the answer; `trouble` is one that the provider did not make. */
  | { readonly what: "answered"; readonly client: string; readonly request: number; readonly answer: string }
  /** The client was told that no answer comes; it has given the request up. */
  | { readonly what: "lost" | "givenUp"; readonly client: string; readonly request: number }
  /** The provider ends a session. */
  | { readonly what: "ended"; readonly family: number; readonly why: "reuse" | "revoked" | "own reason" }
  /** A client begins to ask the store what it holds; it has the answer, of the session's record or of a sign-out's mark. */
  | { readonly what: "asks"; readonly client: string; readonly read: number }
  | { readonly what: "read"; readonly client: string; readonly read: number; readonly stored?: Stored | undefined }
  | { readonly what: "readMark"; readonly client: string; readonly read: number; readonly mark?: string | undefined }
  /** The stored record is another one from now on. */
  | {
      readonly what: "landed";
      readonly client: string;
      readonly stored?: Stored | undefined;
      readonly before?: Stored | undefined;
      readonly isLate?: boolean;
    }
  /** A sign-out's mark is stored. */
  | { readonly what: "marked"; readonly client: string; readonly mark: string }
  /** The store failed a call, or has not answered it. */
  | { readonly what: "refused"; readonly client: string; readonly doing: string }
  /** A write to a store elsewhere is under way. */
  | { readonly what: "writes"; readonly client: string; readonly doing: string }
  | { readonly what: "locked" | "unlocked" | "displaced"; readonly client: string; readonly lock: string }
  | { readonly what: "keys"; readonly detail: string }
  /** From here on nothing fails, and nobody is stopped. */
  | { readonly what: "calm" }
  | { readonly what: "unhandled"; readonly message: string }
  | { readonly what: "end" };

export type Event = Happening & {
  /** Milliseconds of a clock that all share. */
  readonly at: number;
};

/** A rule that did not hold. */
export interface Violation {
  /** As in the list of `check.ts`. */
  readonly rule: number;
  /** What is wrong, without names, so that the same fault has the same words in every history. */
  readonly fault: string;
  /** The same with its names. */
  readonly detail: string;
  /** Where in the history. */
  readonly index: number;
}
