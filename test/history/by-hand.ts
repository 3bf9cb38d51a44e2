/** Short histories by hand: a number lets so many milliseconds pass. */
import { checkHistory } from "./check.js";
import type { ActedEvent, CallEvent, Event, Failure, Happening, Kind, SettledEvent, Stored } from "./events.js";

type Part = Happening | number | readonly Happening[];

/** What the checker finds, in words. */
export function faultsOf(...parts: readonly Part[]): string[] {
  let at = 0;
  const events: Event[] = [];
  for (const part of parts) {
    if (typeof part === "number") at += part;
    else events.push(...[part].flat().map((happening) => ({ at, ...(happening as Happening) })));
  }
  events.push({ at, what: "end" });
  return checkHistory(events).map(({ rule, fault }) => `${rule} ${fault}`);
}

const BOUNDS = { storage: 10_000, request: 30_000, lock: 60_000, login: 120_000 };

export function starts(client: string, kind: Kind = "process"): Happening {
  const trustMs = kind === "tab" ? Number.MAX_SAFE_INTEGER : 1000;
  return { what: "client", client, kind, trustMs, bounds: BOUNDS, scopes: ["openid"] };
}

/** `session(1, 2)`: the record of the first session after its first refresh. */
export const session = (family: number, number = 1, more: Partial<Stored> = {}): Stored => ({
  id: `s${family}`,
  refresh: `f${family}r${number}`,
  access: `f${family}a${number}`,
  expiresAt: 3_600_000,
  marks: [],
  ...more,
});

export const opens = (client: string, login: number): Happening => ({ what: "opens", client, login });

export const stores = (client: string, stored: Stored | undefined, before?: Stored): Happening => ({
  what: "landed",
  client,
  stored,
  before,
});

export const deletes = (client: string, before?: Stored): Happening => stores(client, undefined, before);

let number = 0;

/** It asks for the record and the mark, and has the answers. */
export function reads(client: string, stored?: Stored, mark?: string): readonly Happening[] {
  number += 2;
  return [
    { what: "asks", client, read: number },
    { what: "asks", client, read: number + 1 },
    { what: "read", client, read: number, stored },
    { what: "readMark", client, read: number + 1, mark },
  ];
}

/** The provider answers with the tokens of that number. */
export function acts(request: number, family: number, number: number, more: Partial<ActedEvent> = {}): Happening {
  const tokens = { refresh: `f${family}r${number}`, access: `f${family}a${number}`, lifetimeMs: 3_600_000 };
  const facts = { family, person: "Ann", scopes: ["openid"], isOneTime: true, ...tokens };
  return { what: "acted", request, answer: "tokens", ...facts, ...more };
}

export const has = (client: string, request: number, answer = "tokens"): Happening => ({
  what: "answered",
  client,
  request,
  answer,
});

/** The code of login 100 + FAMILY is exchanged, by request 200 + FAMILY; nothing is stored yet. */
export function exchanges(client: string, family: number, more: Partial<ActedEvent> = {}): readonly Happening[] {
  const [login, request] = [100 + family, 200 + family];
  return [{ what: "sent", client, request, login }, acts(request, family, 1, { login, ...more }), has(client, request)];
}

/** A whole login. */
export const signsIn = (client: string, family: number, before?: Stored): readonly Happening[] => [
  opens(client, 100 + family),
  ...exchanges(client, family),
  stores(client, session(family), before),
];

export const sends = (client: string, request: number, refresh: string): Happening => ({
  what: "sent",
  client,
  request,
  refresh,
});

export const calls = (client: string, call: number, more: Partial<CallEvent> = {}): Happening => ({
  what: "call",
  client,
  call,
  method: "getAccessToken",
  ...more,
});

export const gives = (client: string, call: number, token?: string, more: Partial<SettledEvent> = {}): Happening => ({
  what: "settled",
  client,
  call,
  wall: 0,
  ...(token !== undefined && { token }),
  ...more,
});

export const fails = (client: string, call: number, failure: Failure): Happening =>
  gives(client, call, undefined, { failure });

/** The question at the end. */
export const asksLast = (client: string, call: number): Happening => calls(client, call, { never: true, isLast: true });
