/**
 * The stored session as a page reads it first, with as little code as can be. Whatever is out of the ordinary is the matter
 * of the part that loads then, which takes connection, key and watch over.
 */
import type { StoredToken } from "../client/first-read.js";
import { systemClock } from "../clock.js";
import type { BrowserSettings } from "../options/config.js";
import { isSessionRecord, sessionKey } from "../session/record-format.js";
import { createMark, isVoid, markKey, readMark, type SignOutMark } from "../session/sign-out-mark.js";
import { beforeDeadline } from "../settle.js";
import type { SessionRecord } from "../token-set.js";
import { digest } from "./digest.js";
import { type Database, openDatabase } from "./indexeddb.js";
import { TabWatch } from "./tab-watch.js";

/** A database that answers no sooner is the matter of the part that loads then: it waits longer, and says so. */
const READ_MS = 1000;

/** Whether the address may hold a response of the provider's, to this page or to another one. */
export const hasState = (): boolean => typeof location !== "undefined" && /[?&](state|error)=/.test(location.search);

/** What the first read has opened; each is absent where nothing was read yet. */
export interface TakenOver {
  readonly key: Promise<string> | undefined;
  readonly database: Database | undefined;
  readonly watch: TabWatch | undefined;
}

export class FirstStoredToken implements StoredToken {
  readonly #config: BrowserSettings;
  #key: Promise<string> | undefined;
  #database: Database | undefined;
  #watch: TabWatch | undefined;
  #onLost = () => {};
  /** A router may take the response out of the address before the first call. */
  #isOver = hasState();

  constructor(config: BrowserSettings) {
    this.#config = config;
  }

  async read(onChange: () => void): Promise<SessionRecord | undefined> {
    if (this.#isOver || hasState()) return undefined;
    const late = () => new Error("late");
    const value = await beforeDeadline(systemClock, READ_MS, late, () => this.#read(onChange)).catch(() => {});
    return isSessionRecord(value, this.#config) ? value : undefined;
  }

  async #read(onChange: () => void): Promise<unknown> {
    // It connects while the key is computed.
    this.#database ??= openDatabase(() => {
      this.#database = undefined;
      this.#onLost();
    });
    const key = await this.#openKey();
    if (this.#isOver) return undefined;
    this.#watch ??= TabWatch.open(key);
    // Without a watch the record has to be read again and again, which takes more than this.
    if (this.#watch === undefined) return undefined;
    this.#watch.onChange = onChange;
    this.#onLost = onChange;
    this.#watch.mark();
    const [value, mark] = await Promise.all([key, markKey(key)].map(async (name) => await this.#database?.read(name)));
    return isVoid(value as SessionRecord | undefined, readMark(mark)) ? undefined : value;
  }

  async remove(id?: string): Promise<SignOutMark> {
    const late = () => new Error("late");
    return await beforeDeadline(systemClock, READ_MS, late, () => this.#remove(id));
  }

  async #remove(id: string | undefined): Promise<SignOutMark> {
    const key = await this.#openKey();
    this.#database ??= openDatabase(() => {});
    const mark = createMark(systemClock.now());
    await this.#database.put(markKey(key), mark).catch(() => {});
    // In one step: somebody may have signed in since, also where this lands late.
    await this.#database.update(key, (found) => {
      const isOthers = id !== undefined && (found as Partial<SessionRecord> | undefined)?.id !== id;
      return isOthers ? undefined : { delete: true };
    });
    // Nobody may have read yet, so that there is none.
    this.#watch ??= TabWatch.open(key);
    this.#watch?.announce();
    return mark;
  }

  /** Hands over what was opened. What it misses from then on is told to `onLost` and to the watch's `onChange`. */
  handOver(onLost: () => void): TakenOver {
    this.#isOver = true;
    this.#onLost = onLost;
    const taken = { key: this.#key, database: this.#database, watch: this.#watch };
    this.#watch = undefined;
    return taken;
  }

  close(): void {
    this.#isOver = true;
    this.#watch?.close();
  }

  #openKey(): Promise<string> {
    this.#key ??= sessionKey(this.#config, digest);
    return this.#key;
  }
}
