/** What a history is about: requests, calls, sessions, clients. Each moment is a place in the list of events. */
import type { ActedEvent, CallEvent, Event, SettledEvent, Stored } from "./events.js";

/** A token request, with what became of it. A place is `undefined` while nothing of that kind has come. */
export interface Request {
  readonly client: string;
  readonly sentAt: number;
  readonly refresh: string | undefined;
  readonly login: number | undefined;
  acted?: ActedEvent;
  actedAt?: number;
  /** The client has the answer. */
  answeredAt?: number;
  answer?: string;
  /** The client was told that none comes, or has given up. */
  lostAt?: number;
}

export interface Call {
  readonly event: CallEvent;
  readonly at: number;
  readonly time: number;
  settled?: SettledEvent;
  settledAt?: number;
}

/** A session at the provider. */
export interface Family {
  readonly number: number;
  readonly person: string;
  /** Who asked for it. */
  readonly client: string;
  readonly login: number;
  readonly createdAt: number;
  /** When the request of its login was shown to a person. */
  readonly openedAt: number;
  endedAt?: number;
  why?: string;
}

/** A change of the stored record. */
export interface Landing {
  readonly at: number;
  readonly client: string;
  readonly stored: Stored | undefined;
  readonly before: Stored | undefined;
  /** It was given up before. */
  readonly isLate: boolean;
}

export interface Read {
  readonly askedAt: number;
  readonly at: number;
  readonly stored?: Stored | undefined;
}

/** A client from its start to its end. */
export interface Client {
  readonly event: Extract<Event, { readonly what: "client" }>;
  diedAt?: number;
  closingAt?: number;
  closedAt?: number;
  /** From where to where it was stopped. */
  readonly stops: { readonly from: number; to: number }[];
  readonly calls: Call[];
  /** Its locks, as it took them, gave them back, or lost them to others. */
  readonly locks: { readonly at: number; readonly lock: string; readonly isHeld: boolean; readonly isLost: boolean }[];
  /** Where it sent a store elsewhere a write. */
  readonly writes: number[];
  /** What it has read of the session's record: from where it asked to where it had the answer. */
  readonly reads: Read[];
  /** The same of the marks of sign-outs. */
  readonly markReads: Read[];
  /** Where the store failed it, or gave no answer. */
  readonly refusals: number[];
}

/** What a refresh or access token is. */
export interface Token {
  readonly family: Family;
  readonly acted: ActedEvent;
  readonly at: number;
}
