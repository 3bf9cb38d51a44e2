/** A history as the rules ask it: who did what when, each thing by its place in the list. */
import type { ActedEvent, CallEvent, Event, SettledEvent, Stored } from "./events.js";
import type { Call, Client, Family, Landing, Request, Token } from "./subjects.js";

type Of<What extends Event["what"]> = Extract<Event, { readonly what: What }>;

export class Facts {
  readonly clients = new Map<string, Client>();
  readonly requests = new Map<number, Request>();
  readonly families = new Map<number, Family>();
  readonly accesses = new Map<string, Token>();
  /** The last that brought or kept it, where a provider gives one refresh token again. */
  readonly refreshes = new Map<string, Token>();
  readonly landings: Landing[] = [];
  readonly marks: { readonly at: number; readonly client: string; readonly mark: string }[] = [];
  readonly calls = new Map<number, Call>();
  readonly opened = new Map<number, number>();
  readonly #asked = new Map<number, number>();
  readonly #familyOfId = new Map<string, Family>();
  readonly #landingOf = new Map<string, Landing>();
  #firstLandings: ReadonlyMap<Family, Landing> | undefined;
  /** The kinds of events of which nothing is known. */
  readonly unseen = new Set<Event["what"]>();
  readonly unhandled: { readonly at: number; readonly message: string }[] = [];

  constructor(readonly events: readonly Event[]) {
    for (const [at, event] of events.entries()) this.#take(event, at);
  }

  time(at: number): number {
    return this.events[at]?.at ?? 0;
  }

  client(name: string): Client {
    const client = this.clients.get(name);
    if (client === undefined) throw new Error(`the history has no client ${name}`);
    return client;
  }

  /** Whether the client was stopped at some moment between the two places. */
  wasStopped(name: string, from: number, to: number): boolean {
    return this.client(name).stops.some((stop) => stop.from < to && stop.to > from);
  }

  /** Milliseconds in which the client was stopped between the two places. */
  stoppedMs(name: string, from: number, to: number): number {
    const spans = this.client(name).stops.map((stop) => [Math.max(stop.from, from), Math.min(stop.to, to)] as const);
    return spans.reduce((sum, [begin, end]) => sum + (end > begin ? this.time(end) - this.time(begin) : 0), 0);
  }

  /** Whether the client held such a lock at this place: `refresh`, `record`. */
  holds(name: string, lock: string, at: number): boolean {
    const last = this.client(name).locks.findLast((one) => one.at < at && one.lock.startsWith(`${lock}.`));
    return last?.isHeld === true;
  }

  /** Whether others took such a lock from the client between the two places, because its lease had ended. */
  hasLost(name: string, lock: string, from: number, to: number): boolean {
    return this.client(name).locks.some(
      (one) => one.isLost && one.lock.startsWith(`${lock}.`) && one.at > from && one.at < to,
    );
  }

  /** When the client died or was closed; `undefined` while it goes on. */
  goneAt(name: string): number | undefined {
    const { diedAt, closedAt } = this.client(name);
    return diedAt ?? closedAt;
  }

  /** The mark that counts at this place. */
  markAt(at: number): string | undefined {
    return this.marks.findLast((mark) => mark.at < at)?.mark;
  }

  /** Whether a sign-out's mark makes the record void at this place: its login does not name it. */
  isVoid({ marks }: Stored, at: number): boolean {
    const mark = this.markAt(at);
    return mark !== undefined && marks !== undefined && !marks.includes(mark);
  }

  /** What the store holds at this place, and counts. */
  storedAt(at: number): Stored | undefined {
    const stored = this.landings.findLast((landing) => landing.at < at)?.stored;
    return stored && !this.isVoid(stored, at) ? stored : undefined;
  }

  familyOf(stored: Stored | undefined): Family | undefined {
    if (!stored) return undefined;
    const token = this.accesses.get(stored.access ?? "") ?? this.refreshes.get(stored.refresh ?? "");
    return this.#familyOfId.get(stored.id) ?? token?.family;
  }

  /** Where the session was stored for the first time. To be asked when all is known. */
  firstLandingOf(family: Family): Landing | undefined {
    this.#firstLandings ??= new Map(
      this.landings.toReversed().flatMap((landing) => {
        const stored = this.familyOf(landing.stored);
        return stored ? [[stored, landing] as const] : [];
      }),
    );
    return this.#firstLandings.get(family);
  }

  /** Where a record with this access token was stored for the first time. */
  landingOf(access: string): Landing | undefined {
    return this.#landingOf.get(access);
  }

  /** The request that brought this access token. */
  requestFor(access: string): Request | undefined {
    return this.requests.get(this.accesses.get(access)?.acted.request ?? -1);
  }

  #take(event: Event, at: number): void {
    const { what } = event;
    if (what === "client")
      this.clients.set(event.client, {
        event,
        stops: [],
        calls: [],
        locks: [],
        writes: [],
        reads: [],
        markReads: [],
        refusals: [],
      });
    else if (what === "crash" || what === "stop" || what === "wake" || what === "closing" || what === "closed")
      this.#takeEnd(event, at);
    else if (what === "call" || what === "settled") this.#takeCall(event, at);
    else if (what === "sent" || what === "answered" || what === "lost" || what === "givenUp")
      this.#takeRequest(event, at);
    else if (what === "acted") this.#takeAct(event, at);
    else if (what === "ended") this.#takeEnding(event, at);
    else if (what === "opens") this.opened.set(event.login, at);
    else if (what === "asks") this.#asked.set(event.read, at);
    else if (what === "read" || what === "readMark") this.#takeRead(event, at);
    else if (what === "landed") this.#takeLanding(event, at);
    else if (what === "writes") this.client(event.client).writes.push(at);
    else if (what === "locked" || what === "unlocked" || what === "displaced")
      this.client(event.client).locks.push({
        at,
        lock: event.lock,
        isHeld: what === "locked",
        isLost: what === "displaced",
      });
    else if (what === "refused" || (what === "heard" && event.event === "storage"))
      this.client(event.client).refusals.push(at);
    else if (what === "marked") this.marks.push({ at, client: event.client, mark: event.mark });
    else if (what === "unseen") for (const kind of event.kinds) this.unseen.add(kind);
    else if (what === "unhandled") this.unhandled.push({ at, message: event.message });
  }

  #takeEnd(event: Of<"crash" | "stop" | "wake" | "closing" | "closed">, at: number): void {
    const client = this.client(event.client);
    if (event.what === "crash") client.diedAt = at;
    else if (event.what === "closing") client.closingAt = at;
    else if (event.what === "closed") client.closedAt = at;
    else if (event.what === "stop") client.stops.push({ from: at, to: Number.POSITIVE_INFINITY });
    else {
      const last = client.stops.at(-1);
      if (last) last.to = at;
    }
  }

  #takeCall(event: CallEvent | SettledEvent, at: number): void {
    if (event.what === "call") {
      const call = { event, at, time: this.time(at) };
      this.calls.set(event.call, call);
      this.client(event.client).calls.push(call);
    } else {
      const call = this.calls.get(event.call);
      if (call) Object.assign(call, { settled: event, settledAt: at });
      // A store that answers too late has failed, too.
      if (event.failure?.code === "storage") this.client(event.client).refusals.push(at);
    }
  }

  #takeRequest(event: Of<"sent" | "answered" | "lost" | "givenUp">, at: number): void {
    if (event.what === "sent") {
      const { client, refresh, login } = event;
      this.requests.set(event.request, { client, sentAt: at, refresh, login });
      return;
    }
    const request = this.requests.get(event.request);
    if (!request) return;
    if (event.what !== "answered") request.lostAt = at;
    else Object.assign(request, { answeredAt: at, answer: event.answer });
  }

  #takeAct(acted: ActedEvent, at: number): void {
    const request = this.requests.get(acted.request);
    if (request) Object.assign(request, { acted, actedAt: at });
    const { family: number, answer, login } = acted;
    if (number === undefined || answer !== "tokens") return;
    if (login !== undefined) {
      const openedAt = this.opened.get(login) ?? at;
      const client = request?.client ?? "";
      this.families.set(number, { number, client, person: acted.person ?? "", login, createdAt: at, openedAt });
    }
    const family = this.families.get(number);
    if (!family) return;
    if (acted.access !== undefined) this.accesses.set(acted.access, { family, acted, at });
    // A lasting token goes on to be of the login that brought it.
    if (acted.refresh !== undefined && (login !== undefined || !this.refreshes.has(acted.refresh)))
      this.refreshes.set(acted.refresh, { family, acted, at });
  }

  /** What came after its time limit, nobody waits for any more. */
  #takeRead(event: Of<"read" | "readMark">, at: number): void {
    const client = this.client(event.client);
    const askedAt = this.#asked.get(event.read) ?? at;
    if (this.time(at) - this.time(askedAt) >= client.event.bounds.storage) return;
    if (event.what === "read") client.reads.push({ askedAt, at, stored: event.stored });
    else client.markReads.push({ askedAt, at });
  }

  #takeLanding({ client, stored, before, isLate = false }: Of<"landed">, at: number): void {
    const landing = { at, client, stored, before, isLate };
    this.landings.push(landing);
    if (stored?.access !== undefined && !this.#landingOf.has(stored.access))
      this.#landingOf.set(stored.access, landing);
    const family = this.accesses.get(stored?.access ?? "")?.family;
    if (stored && family && !this.#familyOfId.has(stored.id)) this.#familyOfId.set(stored.id, family);
  }

  #takeEnding({ family: number, why }: Of<"ended">, at: number): void {
    const family = this.families.get(number);
    if (family) Object.assign(family, { endedAt: at, why });
  }
}
