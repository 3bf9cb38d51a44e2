/**
 * What the fake provider did, by its hooks: the truth about refresh tokens. It names every token that it gives. Made before
 * any other hook: what another one answers by itself has not come to the provider's work, and is not noted.
 */
import { type Claims, decodeJwt, type Exchange, type FakeProvider } from "../../support/fake-provider.js";
import type { ActedEvent } from "../events.js";
import { REQUEST_HEADER } from "./fetch.js";
import { sharedNow } from "./note-files.js";
import type { Note } from "./notes.js";

type Why = "reuse" | "revoked" | "own reason";

interface Family {
  readonly number: number;
  readonly person: string;
  /** Any of its refresh tokens: the provider tells by it whether the session lives. */
  readonly refresh: string;
  readonly store: string;
  refreshes: number;
  accesses: number;
  isOver: boolean;
}

/** So that nobody can validate it: what a test gives as an ID Token that is wrong. */
const wasOverAtOnce = ({ exp, iat }: Claims) => Number(exp) <= Number(iat);

/** Numbers that no thread gives: theirs begin at ten million. */
const BOUNDS = { storage: 0, request: 0, lock: 0, login: 0 };

export class ProviderNotes {
  readonly notes: Note[] = [];
  /** Of each token its name. */
  readonly names = new Map<string, string>();
  readonly #families: Family[] = [];
  readonly #familyOf = new Map<string, Family>();
  readonly #stateOf = new Map<string, string>();
  #number = 0;

  /** `now` [the clock of processes] */
  constructor(
    private readonly provider: FakeProvider,
    private readonly now: () => number = sharedNow,
  ) {
    provider.on("authorize", (exchange) => this.#authorize(exchange));
    provider.on("token", (exchange) => this.#token(exchange));
    for (const endpoint of ["revocation", "end_session"] as const) {
      provider.on(endpoint, async (exchange) => {
        this.#noteEndings("own reason");
        const answering = exchange.next();
        this.#noteEndings("revoked");
        return await answering;
      });
    }
  }

  /** Notes the sessions that have ended since it last looked. */
  #noteEndings(why: Why): void {
    for (const family of this.#families) {
      if (family.isOver || this.provider.sessionAlive(family.refresh)) continue;
      family.isOver = true;
      this.notes.push({ at: this.now(), what: "ended", family: family.number, why, store: family.store });
    }
  }

  /** Whose request it was is known when the code comes: in a page nobody but the browser sees the address. */
  async #authorize(exchange: Exchange) {
    const at = this.now();
    const answer = await exchange.next();
    const { query, form } = exchange;
    const [state, store] = ["state", "client_id"].map((name) => query.get(name) ?? form.get(name) ?? "");
    const location = answer.headers?.location;
    const code = typeof location === "string" && new URL(location).searchParams.get("code");
    this.#number += 1;
    if (code && state !== undefined && store !== undefined) {
      this.#stateOf.set(code, state);
      this.notes.push({ at, what: "opens", client: "", login: this.#number, state, store });
    }
    return answer;
  }

  async #token(exchange: Exchange) {
    const { form } = exchange;
    const refresh = form.get("refresh_token") ?? undefined;
    const store = form.get("client_id") ?? "";
    const request = this.#requestOf(exchange, refresh, store);
    this.#noteEndings("own reason");
    // The provider deals with the token in this very step; only its signatures take longer.
    const answering = exchange.next();
    const at = this.now();
    this.#noteEndings("reuse");
    const answer = await answering;
    const state = this.#stateOf.get(form.get("code") ?? "");
    const base = { at, what: "acted", request, store, ...(state !== undefined && { state }) } as const;
    if (answer.status < 400)
      this.notes.push({ ...base, answer: "tokens", ...this.#issue(answer.json, refresh, store) });
    else {
      const family = this.#familyOf.get(refresh ?? "");
      const error = String((answer.json as { error?: unknown } | undefined)?.error);
      this.notes.push({ ...base, answer: error, ...(family && { family: family.number }) });
    }
    return answer;
  }

  /** The number in its header; whoever gives none keeps no notes of its own, and is noted here. */
  #requestOf(exchange: Exchange, refresh: string | undefined, store: string): number {
    const told = exchange.headers[REQUEST_HEADER];
    if (typeof told === "string") return Number(told);
    this.#number += 1;
    const [request, client, at] = [this.#number, `stranger.${this.#number}`, this.now()];
    this.notes.push(
      { at, what: "client", client, kind: "process", trustMs: 0, bounds: BOUNDS, scopes: [], store },
      { at, what: "sent", client, request, store, ...(refresh !== undefined && { refresh }) },
    );
    return request;
  }

  #issue(json: Record<string, string>, sent: string | undefined, store: string): Partial<ActedEvent> {
    const { access_token: access = "", refresh_token: refresh = sent ?? "", id_token, scope = "" } = json;
    const person = id_token === undefined ? undefined : String(decodeJwt(id_token).sub);
    const family = this.#familyOf.get(sent ?? "") ?? this.#begin(person ?? "", refresh, store);
    if (!this.names.has(refresh)) {
      family.refreshes += 1;
      this.names.set(refresh, `f${family.number}r${family.refreshes}`);
    }
    family.accesses += 1;
    this.names.set(access, `f${family.number}a${family.accesses}`);
    this.#familyOf.set(refresh, family);
    return {
      family: family.number,
      person: family.person,
      scopes: scope.split(" "),
      refresh,
      isOneTime: this.provider.settings.rotateRefreshTokens,
      access,
      lifetimeMs: Number(json.expires_in) * 1000,
      ...(person !== undefined && person !== family.person && { isForeign: true }),
      ...(id_token !== undefined && wasOverAtOnce(decodeJwt(id_token)) && { isUnproven: true }),
    };
  }

  #begin(person: string, refresh: string, store: string): Family {
    const number = this.#families.length + 1;
    const family: Family = { number, person, refresh, store, refreshes: 0, accesses: 0, isOver: false };
    this.#families.push(family);
    return family;
  }
}
