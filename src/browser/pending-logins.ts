/**
 * Logins that left this page: what must still be known when their responses come back, be it in another page or another
 * tab. One list under one key, each change of it one step of the store, so that a response serves once.
 */
import type { Clock, RecordStore } from "../ports.js";
import { digest } from "./digest.js";
import { isExpired, MOST_TRANSACTIONS, type Transaction } from "../protocol/authorization.js";

const KEY = "logins";
/** How long it is known that a response was ours, after it has ceased to be of use. */
const REMEMBERED_MS = 60 * 60_000;

/** `redirect`: the page itself left. `window`: another page waits. `logout`: the page left to sign out. */
type Kind = "redirect" | "window" | "logout";

export interface PendingLogin {
  /** SHA-256 of the state: what is left of a used login holds no secret. */
  readonly id: string;
  readonly kind: Kind;
  /** The session key of the client that began it. */
  readonly owner: string;
  readonly createdAt: number;
  /** Path, query and fragment of the page that asked. */
  readonly returnTo: string;
  /** The marks of the sign-outs that it came after: one since then ends it. */
  readonly signOuts?: readonly string[] | undefined;
  /** Absent once it was used, or expired. */
  readonly transaction?: Transaction;
}

function isLogin(value: unknown): value is PendingLogin {
  const login = value as Partial<PendingLogin> | null;
  return (
    typeof login === "object" &&
    typeof login?.id === "string" &&
    typeof login.owner === "string" &&
    typeof login.createdAt === "number" &&
    typeof login.returnTo === "string"
  );
}

export class PendingLogins {
  constructor(
    private readonly store: RecordStore,
    private readonly clock: Clock,
  ) {}

  /** Keeps a login. Rejects where that fails: a person must not be sent away then. */
  async add(state: string, login: Omit<PendingLogin, "id" | "createdAt">): Promise<void> {
    const entry = { ...login, id: await digest(state), createdAt: this.clock.now() };
    await this.#change((logins) => [...logins, entry]);
  }

  /** The login that one of the states belongs to; it stays. */
  async find(states: readonly string[]): Promise<PendingLogin | undefined> {
    const ids = await this.#ids(states);
    return loginsOf(await this.store.read(KEY)).find(({ id }) => ids.has(id));
  }

  /**
   * Uses up the owner's login that one of the states belongs to. Of several callers, also in several tabs, one gets it
   * with its transaction; the others get it without.
   */
  async take(states: readonly string[], owner: string, kind: Kind = "redirect"): Promise<PendingLogin | undefined> {
    const ids = await this.#ids(states);
    let taken: PendingLogin | undefined;
    await this.#change((logins) => {
      taken = logins.find((login) => ids.has(login.id) && login.owner === owner && login.kind === kind);
      return logins.map((login) => (login === taken ? withoutTransaction(login) : login));
    });
    return taken;
  }

  /** Forgets a login that nobody waits for any more. */
  async drop(state: string): Promise<void> {
    const id = await digest(state);
    await this.#change((logins) => logins.filter((login) => login.id !== id));
  }

  async #ids(states: readonly string[]): Promise<Set<string>> {
    // An address can hold any number of states; a response of ours holds one, a forged one two.
    return new Set(await Promise.all(states.slice(0, 5).map(digest)));
  }

  #change(change: (logins: PendingLogin[]) => PendingLogin[]): Promise<void> {
    return this.store.update(KEY, (stored) => {
      const after = this.#prune(change(loginsOf(stored)));
      return after.length > 0 ? { value: after } : { delete: true };
    });
  }

  #prune(logins: PendingLogin[]): PendingLogin[] {
    const now = this.clock.now();
    return logins
      .filter(({ createdAt }) => Math.abs(now - createdAt) < REMEMBERED_MS)
      .map((login) => (isExpired(login, now) ? withoutTransaction(login) : login))
      .slice(-MOST_TRANSACTIONS);
  }
}

const loginsOf = (stored: unknown): PendingLogin[] => (Array.isArray(stored) ? stored.filter(isLogin) : []);

function withoutTransaction({ transaction: _used, ...login }: PendingLogin): PendingLogin {
  return login;
}
