/**
 * Logins that left this page: what must still be known when their responses come back, be it in another page or another
 * tab. One list under one key, each change of it one step of the store, so that a response serves once.
 */
import { isKeystoneAuthError, type KeystoneAuthError, StorageError } from "../errors.js";
import type { Clock, RecordStore } from "../ports.js";
import { beforeDeadline } from "../settle.js";
import { digest } from "./digest.js";
import { isExpired, MOST_TRANSACTIONS, type Transaction } from "../protocol/authorization.js";

const KEY = "logins";
/** One store is waited for so long before the next one is asked; longer than a database that does not open takes to be given up. */
const LONGEST_MS = 2500;
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
    /** The first that takes a login keeps it. */
    private readonly stores: readonly RecordStore[],
    private readonly clock: Clock,
  ) {}

  /**
   * Keeps a login. Rejects where that fails: a person must not be sent away then.
   *
   * @throws StorageError (`storage`)
   */
  async add(state: string, login: Omit<PendingLogin, "id" | "createdAt">): Promise<void> {
    const entry = { ...login, id: await digest(state), createdAt: this.clock.now() };
    let failure: unknown;
    for (const store of this.stores) {
      try {
        return await this.#change(store, (logins) => [...logins, entry]);
      } catch (error) {
        failure ??= error;
      }
    }
    throw notKept(failure);
  }

  /** The login that one of the states belongs to; it stays. */
  async find(states: readonly string[]): Promise<PendingLogin | undefined> {
    const ids = await this.#ids(states);
    return await this.#inAny(async (store) => (await this.#read(store)).find(({ id }) => ids.has(id)));
  }

  /**
   * Uses up the owner's login that one of the states belongs to. Of several callers, also in several tabs, one gets it
   * with its transaction; the others get it without.
   */
  async take(states: readonly string[], owner: string, kind: Kind = "redirect"): Promise<PendingLogin | undefined> {
    const ids = await this.#ids(states);
    const isOurs = (login: PendingLogin) => ids.has(login.id) && login.owner === owner && login.kind === kind;
    return await this.#inAny(async (store) => {
      const found = (await this.#read(store)).find(isOurs);
      if (found === undefined) return undefined;
      let taken: PendingLogin | undefined;
      const change = (logins: PendingLogin[]) => {
        // Another tab may have taken it meanwhile.
        taken = logins.find(isOurs);
        return logins.map((login) => (login === taken ? withoutTransaction(login) : login));
      };
      // On a disk that is full by now it stays as it is; its code serves once all the same.
      return await this.#change(store, change).then(
        () => taken,
        () => found,
      );
    });
  }

  /** Forgets a login that nobody waits for any more. */
  async drop(state: string): Promise<void> {
    const id = await digest(state);
    await this.#inAny(async (store) => {
      if ((await this.#read(store)).some((login) => login.id === id))
        await this.#change(store, (logins) => logins.filter((login) => login.id !== id));
    });
  }

  /** What the first store says that says something. @throws StorageError (`storage`) where none does, and one has failed */
  async #inAny<T>(look: (store: RecordStore) => Promise<T | undefined>): Promise<T | undefined> {
    let failure: unknown;
    for (const store of this.stores) {
      try {
        const found = await look(store);
        if (found !== undefined) return found;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure) throw notKept(failure);
    return undefined;
  }

  async #ids(states: readonly string[]): Promise<Set<string>> {
    // An address can hold any number of states; a response of ours holds one, a forged one two.
    return new Set(await Promise.all(states.slice(0, 5).map(digest)));
  }

  async #read(store: RecordStore): Promise<PendingLogin[]> {
    return loginsOf(await this.#bounded(() => store.read(KEY)));
  }

  #change(store: RecordStore, change: (logins: PendingLogin[]) => PendingLogin[]): Promise<void> {
    return this.#bounded(() =>
      store.update(KEY, (stored) => {
        const after = this.#prune(change(loginsOf(stored)));
        return after.length > 0 ? { value: after } : { delete: true };
      }),
    );
  }

  #bounded<T>(call: () => Promise<T>): Promise<T> {
    return beforeDeadline(this.clock, LONGEST_MS, () => new DOMException("no answer", "TimeoutError"), call);
  }

  #prune(logins: PendingLogin[]): PendingLogin[] {
    const now = this.clock.now();
    return logins
      .filter(({ createdAt }) => Math.abs(now - createdAt) < REMEMBERED_MS)
      .map((login) => (isExpired(login, now) ? withoutTransaction(login) : login))
      .slice(-MOST_TRANSACTIONS);
  }
}

/** An error of the library's as it is; a browser's own by its name alone. */
function notKept(error: unknown): KeystoneAuthError {
  if (isKeystoneAuthError(error)) return error;
  const name = String((error as { name?: unknown } | null | undefined)?.name);
  const isFull = name === "QuotaExceededError";
  const problem = `This browser does not keep what a sign-in by redirect needs${isFull ? ": no space is left" : ""}. `;
  const advice = `${isFull ? "Free some space" : "Allow storage for the page"}, or use loginMode "popup".`;
  return new StorageError(isFull ? "full" : "unavailable", problem + advice, { causeCode: name });
}

const loginsOf = (stored: unknown): PendingLogin[] => (Array.isArray(stored) ? stored.filter(isLogin) : []);

function withoutTransaction({ transaction: _used, ...login }: PendingLogin): PendingLogin {
  return login;
}
