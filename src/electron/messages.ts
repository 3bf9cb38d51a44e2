/**
 * What crosses between a renderer and the main process: plain data that survives structured clone. A thrown error would
 * arrive as a sentence only, so that failures cross as data too.
 */
import type { SignOutResult } from "../client/sign-out-result.js";
import type { SessionEvent } from "../events.js";
import type { GetTokenOptions, SignInOptions, SignOutOptions } from "../options/call.js";
import type { SessionState } from "../session/session-state.js";
import type { TokenSet } from "../token-set.js";
import type { ErrorData } from "./errors.js";

/** Stands in each message, so that parts of different releases refuse each other instead of guessing. */
export const VERSION = 1;
/** The name of the bridge in the page's `globalThis`. */
export const BRIDGE = "keystoneAuthBridge";
export const DEFAULT_CHANNEL = "default";

/** Whether a program may give a channel this name. A page can so reach no IPC channel but those of this library. */
export function isChannelName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9][a-z0-9-]{0,31}$/.test(value);
}

export const callsOn = (channel: string): string => `keystone-auth:${channel}`;
export const eventsOn = (channel: string): string => `keystone-auth:${channel}:events`;

export const METHODS = [
  "subscribe",
  "ready",
  "getTokenSet",
  "getIdTokenClaims",
  "getUserInfo",
  "signIn",
  "signOut",
  "destroyTokens",
  "destroyAccessToken",
] as const;
export type Method = (typeof METHODS)[number];

/** Options as they cross; a signal crosses as a cancel message. */
export type CallOptions = Readonly<Omit<GetTokenOptions & WindowSignInOptions & SignOutOptions, "signal">>;

/** A login by a window is the system browser's: nothing of a page's own is in it. */
export type WindowSignInOptions = Omit<SignInOptions, "loginMode" | "returnTo">;

/** One call on its way to the main process. `cancel` ends the call with the same page and id. */
export interface CallMessage {
  readonly version: typeof VERSION;
  /** Random, new with each document: how the main process knows that another document has come. */
  readonly page: string;
  readonly id: number;
  readonly method: Method | "cancel";
  readonly options: CallOptions;
  /** Whether the page had a user's action when it called, as the preload script saw it. */
  readonly userActivation: boolean;
}

/** `news` is the number of the last news that was sent before: events and answers may overtake each other. */
export type Answer = { readonly news?: number } & (
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly error: ErrorData }
);

/** A token set without the raw ID Token: a renderer has use for its claims only. */
export interface TokenSetData extends Omit<TokenSet, "idToken" | "expiresAt"> {
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
}

export interface SignOutData extends Omit<SignOutResult, "errors"> {
  readonly errors: readonly ErrorData[];
}

/** `client.session` of the main process, with wall times in milliseconds. Its claims are without `nonce`. */
export interface SessionData extends Omit<SessionState, "expiresAt" | "endsAt"> {
  readonly expiresAt?: number;
  readonly endsAt?: number;
}

/** The session of the main process has changed, or a document hears of it for the first time. */
export interface SessionNews {
  readonly kind: "session";
  /** Counts the changes that were told. */
  readonly number: number;
  readonly reason: SessionEvent["reason"];
  readonly session: SessionData;
}

/** An event from the main process. `changed`: forget the token without telling anybody. `closed`: nobody answers any more. */
export type EventData =
  | SessionNews
  | { readonly kind: "storage"; readonly error: ErrorData }
  | { readonly kind: "changed" }
  | { readonly kind: "closed" };

/** What the preload script puts into the page. */
export interface Bridge {
  readonly version: number;
  call(
    channel: string,
    method: string,
    options: CallOptions,
  ): { readonly answer: Promise<unknown>; readonly cancel: () => void };
  listen(channel: string, listener: (event: unknown) => void): () => void;
}
