/**
 * What the core needs of a platform. Every adapter fulfils one of these contracts, and each contract has one test
 * suite (`test/contracts`) that all its adapters pass. Types only: nothing here exists at run time.
 */
import type { KeystoneAuthError, StorageError } from "./errors.js";

/**
 * Keeps records under keys. Values are plain JSON. Give an object of your own as `storage` to keep sessions elsewhere.
 *
 * - `get` gives `undefined` for a missing record and rejects only for I/O faults; what it gives for a record that it
 *   cannot understand is `undefined` too.
 * - `set` is all or nothing for every reader: a concurrent `get`, or one after a crash, sees the old or the new value.
 * - `delete` of a missing key succeeds.
 * - A key is at most 100 characters of `[a-z0-9._-]`.
 */
export interface KeyValueStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /**
   * Mutual exclusion among all that share this store. Without it the platform's own lock is used, which reaches the
   * processes of this machine (Node) or the tabs of this browser profile.
   */
  readonly lock?: Lock | undefined;
}

/**
 * What an update does with a record: put a new value in its place, delete it, or leave it as it is (`undefined`).
 * Synchronous and pure, since a store may call it again where somebody else has written in between. `isUnread` [false]:
 * a record is there, and `current` is `undefined` because it could not be read or understood.
 *
 * @internal
 */
export type Change = (
  current: unknown,
  isUnread?: boolean,
) => { readonly value: unknown } | { readonly delete: true } | undefined;

/**
 * The stored records as the session sees them. Values are plain JSON; a key is at most 100 characters of `[a-z0-9._-]`.
 * Failures are StorageError, and have then changed nothing.
 *
 * @internal
 */
export interface RecordStore {
  /**
   * The record, or `undefined` for none. What cannot be understood is `undefined` too, and the program is told; not where
   * it is read to be deleted (`isEnding`), and no copy of it is kept then.
   */
  read(key: string, isEnding?: boolean): Promise<unknown>;
  /**
   * One atomic step among all that share the store: `change` sees the record as it is, and nobody writes between that and
   * its answer being stored. Whatever lock that takes is the store's own matter. All or nothing for every reader, also
   * after a crash. A record that cannot be read is not changed; one that cannot be understood is `undefined` to `change`.
   */
  update(key: string, change: Change): Promise<void>;
  /**
   * Stores a value whatever is there, waiting for nobody: for the mark of a sign-out. All or nothing for every reader. May do
   * nothing where nothing has ever been stored.
   */
  put(key: string, value: unknown): Promise<void>;
  /** Deletes the record whatever it is, waiting for nobody: for a sign-out where `update` cannot do it. */
  delete(key: string): Promise<void>;
}

/** How a client learns that somebody else may have changed the stored session. For one key. @internal */
export interface StoreWatch {
  /** How long the token in memory may be given before `hasChanged` is asked again, in milliseconds. */
  readonly trustMs: number;
  /** Whether the record may have changed since the last `mark()`. Cheap, synchronous; never throws. */
  hasChanged(): boolean;
  /** Called before the record is read: whatever comes after this counts as a change. Never throws. */
  mark(): void;
  /**
   * Tells the other clients that this one has changed the record. A hint: losing one is harmless. A mark from before that
   * is void, where it could be mistaken for the state after it. Never throws.
   */
  announce(): void;
  /**
   * Only where others change the record and take no lock: resolves when one of them has changed it since the last `mark()`, or
   * has had the time to store what it was given at the same moment. Never rejects.
   */
  nextChange?(): Promise<void>;
  close(): void;
}

/**
 * Keeps one secret of 32 bytes for the person who runs the program: the data key of `storage: "encrypted-file"`.
 *
 * A call that hangs, on a question to the person for instance, is given up after `storageTimeoutSeconds`; what it gives
 * later is used by the next call.
 */
export interface Keychain {
  /**
   * Why there is no such keychain on this machine, as a sentence; `undefined` where there is one. `withoutKeychain` then
   * says what happens. Absent: there always is one.
   */
  unavailable?(): Promise<string | undefined>;
  /**
   * The key, or `undefined` where none was saved. Rejects where one may be there and cannot be read, as in a keychain
   * that is locked: the stored sessions are then kept, and nothing takes their place.
   */
  load(): Promise<Uint8Array | undefined>;
  /** Keeps the key in place of an older one. Rejects where it cannot: that counts as no keychain. */
  save(key: Uint8Array): Promise<void>;
}

/** Mutual exclusion by name, among all that share a store. */
export interface Lock {
  /**
   * Runs `work` while nobody else runs work under the same name, and gives its result.
   *
   * Released when `work` settles, when the page closes and when the process dies. Not re-entrant. Waiting ends with
   * LockTimeoutError after `timeoutMs` and with AbortedError when `signal` fires; in both cases `work` has not begun.
   * Once it has begun, `signal` and `timeoutMs` no longer matter.
   */
  run<T>(name: string, options: LockOptions<T>, work: (hold: LockHold) => Promise<T>): Promise<T>;
}

export interface LockOptions<T = unknown> {
  /** The longest wait, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The longest pause between two looks at a lock that is taken, where nothing wakes the waiter, in milliseconds. [25] */
  readonly pollMs?: number | undefined;
  /**
   * Asked after a wait, whenever the lock may have come free and before it is taken. What it gives is the result of `run`,
   * and the lock is left alone; `undefined` goes on. It never rejects. A lock may do without it: the work looks again.
   */
  readonly instead?: (() => Promise<T | undefined>) | undefined;
  /** Told whom the wait is for ("process 123"), before each pause, where the lock knows that. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/** What the holder of a lock can ask about it. */
export interface LockHold {
  /** False once somebody has taken the lock over, as happens to a process that was stopped for long. */
  stillHeld(): boolean;
  /** Why the lock could not be made: nobody is kept out, and the store likely takes no write. */
  readonly isUnguarded?: StorageError | undefined;
}

/** Time. Tests give their own. @internal */
export interface Clock {
  /** Wall time in milliseconds since the epoch; it may jump. */
  now(): number;
  /** Milliseconds since some moment; it never goes back, and may stand still while the machine sleeps. */
  monotonic(): number;
  /** Calls `action` after `ms` (up to 2^31-1), unless the function that it gives is called before. */
  after(ms: number, action: () => void): () => void;
  /** The same, where a program that has nothing else to do need not go on for it. */
  background(ms: number, action: () => void): () => void;
}

/** How a login ended, for the page or window that the person looks at. @internal */
export type LoginOutcome =
  | { readonly ok: true; readonly getAccessToken: () => Promise<string> }
  | { readonly ok: false; readonly error: KeystoneAuthError };

/** An authorization request on its way to a person (RFC 6749 §4.1.1). @internal */
export interface AuthorizationPrompt {
  /** The whole URL of the authorization request. It holds `state`: show it to the person only, never log it. */
  readonly url: string;
  readonly state: string;
  /** Whether nothing may be shown (`prompt=none`, OpenID Connect Core §3.1.2.1). */
  readonly silent: boolean;
}

/**
 * Carries one authorization request to a person and brings the response back. One agent serves one login:
 * prepare, authorize, settle, close, in this order; close may come at any time.
 *
 * @internal
 */
export interface AuthorizationAgent {
  /** Binds the port or opens the window; the redirect URI is fixed from then on. Rejects with EnvironmentError or PopupError. */
  prepare(signal: AbortSignal): Promise<{ readonly redirectUri: string }>;
  /**
   * Shows the request and gives the parameters of the response that carries its `state`, unchecked but for that.
   * Answers with another state are strangers: they never end the wait. Rejects when `signal` fires.
   */
  authorize(prompt: AuthorizationPrompt, signal: AbortSignal): Promise<URLSearchParams>;
  /** Tells the person how it ended. Never rejects. */
  settle(outcome: LoginOutcome): Promise<void>;
  /** Releases window, port and listeners, in every outcome. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Shows a device code (RFC 8628 §3.2) to a person. */
export interface DeviceCodePrompt {
  readonly verificationUri: string;
  /** The address that already holds the code; the person still compares it (RFC 8628 §3.3.1). */
  readonly verificationUriComplete?: string;
  readonly userCode: string;
  readonly expiresInSeconds: number;
}

/** The store of one session, with what belongs to it on this platform. @internal */
export interface OpenedStore {
  /** The name of the session's record. */
  readonly key: string;
  readonly store: RecordStore;
  readonly lock: Lock;
  readonly watch: StoreWatch;
}

/** Told of trouble with a store that did not fail the call. @internal */
export type StorageTrouble = (error: StorageError) => void;

/** A one-line, redacted logger that never throws. @internal */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** One page of the loopback server. */
export interface Page {
  readonly html: string;
  /** [200] */
  readonly status?: number | undefined;
  /** Go on serving further paths by `page()`. [false] The server stops by itself 10 s after the last request. */
  readonly keepServing?: boolean | undefined;
}

/** What a page handler can use. */
export interface PageContext {
  /** The access token of the login, once its exchange is done. A page that does not need it need not wait for it. */
  getAccessToken(): Promise<string>;
}

/** Makes the pages that the loopback server shows after a login. Where a method throws, the built-in page is shown. */
export interface PageHandler {
  /** The name of the program that asks, for what is written at a terminal. [the client id] */
  readonly product?: string | undefined;
  /** The page after a login that succeeded. */
  landingPage(context: PageContext): Page | Promise<Page>;
  /** Further pages, while the last one said `keepServing`. */
  page?(url: URL, context: PageContext): Page | Promise<Page>;
  /**
   * The page after a login that failed, or whose account lacks what the option `requiredClaims` asks for: that is
   * TokenValidationError, and the session is stored. Escape what you show: parts of an error come from outside.
   */
  errorPage?(error: KeystoneAuthError, context: PageContext): Page | Promise<Page>;
}
