/**
 * Makes histories of notes: one a store, in the order of their shared clock, with names for tokens.
 *
 * Nobody sees locks from outside: which the rules ask for only where one can be lost while its holder lives, in a fleet. Nor
 * is it seen when a person agrees, or when a program aborts a call.
 */
import { createHash } from "node:crypto";
import type { Event, Stored } from "../events.js";
import type { Note } from "./notes.js";
import type { ProviderNotes } from "./provider.js";

type Names = ReadonlyMap<string, string>;

const UNSEEN: Event = {
  at: 0,
  what: "unseen",
  kinds: ["locked", "unlocked", "displaced", "writes", "agrees", "abort", "clock", "keys", "unhandled"],
};

/** A client of a party: `p1.main` of the process `p1` has the client `p1.main.3`. */
const isOf = (client: string, party: string) => client === party || client.startsWith(`${party}.`);

const clientOf = (note: Note): string | undefined => ("client" in note ? note.client : undefined);

/** The history of the clients with this client id. `notes` are those of all parties, and of whoever strikes them. */
export function mergeHistory(notes: readonly Note[], provider: ProviderNotes, store: string): Event[] {
  const clients = new Set(
    [...notes, ...provider.notes].flatMap((note) =>
      note.what === "client" && note.store === store ? [note.client] : [],
    ),
  );
  const own = notes.filter((note) => clients.has(clientOf(note) ?? ""));
  const strikes = notes.filter(({ what }) => what === "crash" || what === "stop" || what === "wake");
  const acts = provider.notes.filter((note) => note.store === store);
  const all = [
    ...withoutSteps(own.filter((note) => !strikes.includes(note))),
    ...struck(strikes, own, clients),
    ...acts,
  ];
  const numbered = decided(numberLogins(inOrder(all)));
  const [begin, end] = [numbered.at(0)?.at ?? 0, numbered.at(-1)?.at ?? 0];
  const events = numbered.map((note) => named({ ...note, at: note.at - begin }, provider.names));
  return [UNSEEN, ...events, { at: end - begin, what: "end" }];
}

/** By the clock; a request's steps in their own order, where the clocks of browser and provider differ by a little. */
function inOrder(notes: readonly Note[]): Note[] {
  const sentAt = new Map(notes.flatMap((note) => (note.what === "sent" ? [[note.request, note.at]] : [])));
  const toldAt = new Map(notes.flatMap((note) => (note.what === "answered" ? [[note.request, note.at]] : [])));
  const corrected = notes.map((note) => {
    if (note.what !== "acted") return note;
    const [from, to] = [sentAt.get(note.request) ?? note.at, toldAt.get(note.request) ?? note.at];
    return { ...note, at: Math.max(from, Math.min(to, note.at)) };
  });
  const rank = ({ what }: Note) => (what === "client" || what === "sent" ? 0 : what === "answered" ? 2 : 1);
  return corrected.sort((a, b) => a.at - b.at || rank(a) - rank(b));
}

/** A change that was begun by a party which died before it noted the end: it has landed if anybody saw it. */
function withoutSteps(notes: readonly Note[]): Note[] {
  const kept: Note[] = [];
  const open = new Map<string, Note>();
  for (const note of notes) {
    if (note.what !== "landed" && note.what !== "marked") kept.push(note);
    else if (note.step === "begins") open.set(note.client, note);
    else {
      open.delete(note.client);
      if (note.step === undefined) kept.push(note);
    }
  }
  return [...kept, ...[...open.values()].filter((note) => wasSeen(note, kept))];
}

function wasSeen(note: Note, others: readonly Note[]): boolean {
  return others.some((other) => {
    if (other.at < note.at) return false;
    if (note.what === "marked") return other.what === "readMark" && other.mark === note.mark;
    const seen = other.what === "read" ? other.stored : other.what === "landed" ? other.before : undefined;
    const isKnown = other.what === "read" || other.what === "landed";
    return note.what === "landed" && isKnown && seen?.access === note.stored?.access && seen?.id === note.stored?.id;
  });
}

/** What befell a process befell each of its clients that had not been closed. It died after the last thing that it did. */
function struck(strikes: readonly Note[], own: readonly Note[], clients: ReadonlySet<string>): Note[] {
  const firstAt = new Map<string, number>();
  const lastAt = new Map<string, number>();
  const closed = new Set<string>();
  for (const note of own) {
    const client = clientOf(note) ?? "";
    if (note.what === "client") firstAt.set(client, note.at);
    if (note.what === "closed") closed.add(client);
    lastAt.set(client, Math.max(lastAt.get(client) ?? 0, note.at));
  }
  return strikes.flatMap((strike) => {
    const party = clientOf(strike) ?? "";
    const its = [...clients].filter((client) => isOf(client, party) && !closed.has(client));
    return its.flatMap((client): Note[] => {
      if (strike.what === "crash") return [{ ...strike, client, at: Math.max(strike.at, lastAt.get(client) ?? 0) }];
      return (firstAt.get(client) ?? 0) < strike.at ? [{ ...strike, client } as Note] : [];
    });
  });
}

/** One number a login: the `opens` of its client counts, where there is one; else that of the provider, by whoever has its code. */
function numberLogins(notes: readonly Note[]): Note[] {
  const numbers = new Map<string, number>();
  const byClient = new Set<string>();
  const requests = new Map<number, string>();
  for (const note of notes) {
    if (note.what === "acted" && note.state !== undefined) requests.set(note.request, note.state);
    if (note.what !== "opens" || note.state === undefined) continue;
    if (note.client !== "") byClient.add(note.state);
    if (note.client !== "" || !numbers.has(note.state)) numbers.set(note.state, note.login);
  }
  const owners = new Map(
    notes.flatMap((note) => (note.what === "sent" ? [[requests.get(note.request) ?? "", note.client]] : [])),
  );
  return notes.flatMap((note): Note[] => {
    if (note.what === "opens" && note.client === "") {
      const client = owners.get(note.state ?? "");
      return client === undefined || byClient.has(note.state ?? "") ? [] : [{ ...note, client }];
    }
    const state = note.what === "sent" || note.what === "acted" ? requests.get(note.request) : undefined;
    const login = numbers.get(state ?? "");
    return login === undefined ? [note] : [{ ...note, login } as Note];
  });
}

const LEARNS: readonly Note["what"][] = ["call", "read", "readMark", "answered"];

/**
 * Nobody sees when a client decides to give a token, and it may be stopped before the program has it. It was not before it
 * learnt the last thing that it knew: the wall clock of that moment counts.
 */
function decided(notes: readonly Note[]): Note[] {
  const learnt = new Map<string, number>();
  return notes.map((note) => {
    const client = clientOf(note) ?? "";
    if (LEARNS.includes(note.what)) learnt.set(client, note.at);
    if (note.what !== "settled") return note;
    return { ...note, wall: note.wall - (note.at - (learnt.get(client) ?? note.at)) };
  });
}

/** A token that the provider never gave has a name that nobody else has. */
function nameOf(token: string, names: Names): string {
  return names.get(token) ?? `unknown-${createHash("sha256").update(token).digest("hex").slice(0, 8)}`;
}

function namedStored(stored: Stored, names: Names): Stored {
  const { refresh, access, ...rest } = stored;
  return {
    ...rest,
    ...(refresh !== undefined && { refresh: nameOf(refresh, names) }),
    ...(access !== undefined && { access: nameOf(access, names) }),
  };
}

const TOKENS = ["refresh", "access", "token", "refused"];
const RECORDS = ["stored", "before"];

function named({ store: _store, state: _state, step: _step, ...event }: Note, names: Names): Event {
  const members = Object.entries(event).map(([name, value]) => {
    if (TOKENS.includes(name) && typeof value === "string") return [name, nameOf(value, names)];
    return RECORDS.includes(name) && value ? [name, namedStored(value as Stored, names)] : [name, value];
  });
  return Object.fromEntries(members) as Event;
}
