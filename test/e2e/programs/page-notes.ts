/**
 * Notes what the client of a page does, for the history checker. It runs before the app makes its client, and wraps what
 * the library uses: `fetch`, and the object stores of IndexedDB. The notes are in localStorage, so that they outlive the page.
 *
 * A change of a record is noted with the time at which its request has succeeded: no other transaction has begun by then. It
 * counts when its transaction is complete. Locks are not seen, nor the address of an authorization request: the provider has it.
 */
import type { Bounds } from "../../history/events.js";
import { recordCalls } from "../../history/recorder/calls.js";
import { recordFetch } from "../../history/recorder/fetch.js";
import { type Extra, NUMBERS_EACH, type Notes, storedOf } from "../../history/recorder/notes.js";

type Happening = Parameters<Notes["note"]>[0];

const RECORD = /^s-[0-9a-f]{64}(\.out)?$/;
const now = () => performance.timeOrigin + performance.now();

class PageNotes implements Notes {
  readonly page = Number(localStorage.getItem("pages") ?? 0) + 1;
  /** The name of the tab, which is the first path that it showed, and the number of the page. */
  readonly name: string;
  #number = this.page * NUMBERS_EACH;
  #written = 0;

  constructor() {
    localStorage.setItem("pages", `${this.page}`);
    const tab = sessionStorage.getItem("tab") ?? location.pathname.slice(1);
    sessionStorage.setItem("tab", tab);
    this.name = `${tab}.${this.page}`;
  }

  next(): number {
    this.#number += 1;
    return this.#number;
  }

  note(happening: Happening, extra: Extra = {}): void {
    this.#written += 1;
    const place = `note.${this.page}.${String(this.#written).padStart(6, "0")}`;
    localStorage.setItem(place, JSON.stringify({ at: now(), ...happening, ...extra }));
  }
}

const notes = new PageNotes();
const client = notes.name;

const stores = IDBObjectStore.prototype;
const { get, put, delete: remove } = stores;
const isRecord = (key: unknown): key is string => typeof key === "string" && RECORD.test(key);
const isMark = (key: string) => key.endsWith(".out");

stores.get = function (key) {
  const request = get.call(this, key);
  if (!isRecord(key)) return request;
  const read = notes.next();
  notes.note({ what: "asks", client, read });
  request.addEventListener("success", () => {
    const value: unknown = request.result;
    if (isMark(key)) notes.note({ what: "readMark", client, read, mark: (value as { id?: string } | undefined)?.id });
    else notes.note({ what: "read", client, read, stored: storedOf(value) });
  });
  return request;
};

/** What the record held is asked in the same transaction, before it is changed. */
function change(store: IDBObjectStore, key: string, value: unknown, run: () => IDBRequest): IDBRequest {
  const before = get.call(store, key);
  const request = run();
  request.addEventListener("success", () => {
    const stored = storedOf(value);
    const had = storedOf(before.result);
    if (isMark(key) ? value === undefined : !stored && !had) return;
    const happening = isMark(key)
      ? ({ what: "marked", client, mark: String((value as { id?: string }).id) } as const)
      : ({ what: "landed", client, stored, before: had } as const);
    const at = now();
    notes.note(happening, { at, step: "begins" });
    store.transaction.addEventListener("complete", () => notes.note(happening, { at }));
    store.transaction.addEventListener("abort", () => notes.note(happening, { at, step: "fails" }));
  });
  return request;
}

stores.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
  const run = () => put.call(this, value, key);
  return isRecord(key) ? change(this, key, value, run) : run();
};

stores.delete = function (key) {
  const run = () => remove.call(this, key);
  return isRecord(key) ? (change(this, key, undefined, run) as ReturnType<typeof remove>) : run();
};

window.fetch = recordFetch(client, notes, window.fetch.bind(window));
addEventListener("pagehide", () => notes.note({ what: "crash", client }));

/** Called by the page: at its beginning, and with its client. */
const noted = {
  page: notes.page,
  begin: (store: string, scopes: readonly string[], bounds: Bounds) =>
    notes.note({ what: "client", client, kind: "tab", trustMs: Number.MAX_SAFE_INTEGER, bounds, scopes }, { store }),
  record: <Client extends object & { on: unknown }>(recorded: Client) => recordCalls(recorded, client, notes),
};
Object.assign(globalThis, { noted });
