/** The part of a client that does what a token in memory or in the store does not need. A page loads it with the first call that needs it. */
import type { EventHub } from "../events.js";
import { lazily } from "../load-part.js";
import type { TokenMemory } from "../session/memory.js";
import { untilAborted } from "../settle.js";
import type { PublishedSession } from "../session/session-state.js";
import type { SignOutRequest } from "../options/call.js";
import type { ClickPopup } from "./click-popup.js";
import type { FirstRead } from "./first-read.js";
import type { ClientParts } from "./parts.js";
import type { RunningCalls } from "./running-calls.js";
import type { SignOutResult } from "./sign-out-result.js";
import type { SessionAccess } from "./session-access.js";

export class LateAccess {
  /** Loads it, once. @throws NetworkError, EnvironmentError (`network`, `environment`) where it cannot be loaded */
  readonly load: (isAhead?: boolean) => Promise<SessionAccess>;
  readonly #parts: ClientParts;
  readonly #calls: RunningCalls;
  #access: SessionAccess | undefined;

  constructor(
    parts: ClientParts,
    memory: TokenMemory,
    published: PublishedSession,
    popup: ClickPopup,
    calls: RunningCalls,
  ) {
    this.#parts = parts;
    this.#calls = calls;
    this.load = lazily(async () => this.#begin(await parts.access(memory, published, popup)));
    if (parts.isAwaited) this.load(true).catch(() => {});
  }

  /** Where it is loaded by now. */
  get loaded(): SessionAccess | undefined {
    return this.#access;
  }

  /** Does the work with it: at once where it is loaded, so that a sign-out in the same turn comes after what was begun. */
  async use<T>(work: (access: SessionAccess) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await work(this.#access ?? (await untilAborted(this.open(), signal)));
  }

  async open(isAhead = false): Promise<SessionAccess> {
    this.#calls.mustBeOpen();
    const access = this.#access ?? (await this.load(isAhead));
    this.#calls.mustBeOpen();
    return access;
  }

  /** Ends the session here at once where it is not loaded yet, and then by it. Never rejects for the provider's faults. */
  async signOut(request: SignOutRequest, firstRead: FirstRead): Promise<SignOutResult> {
    if (this.#access) return await this.#access.signOut(request);
    const ending = firstRead.end();
    const access = await this.openIfHad();
    const ended = await ending;
    return await (access ? access.signOut(request, ended) : firstRead.signOut(request, ended));
  }

  /** `undefined` where it cannot be loaded, and the stored session can be deleted all the same. */
  async openIfHad(): Promise<SessionAccess | undefined> {
    return (
      this.#access ??
      (await this.load().catch((error: unknown) => {
        if (!this.#parts.storedToken) throw error;
        return undefined;
      }))
    );
  }

  /** Loads it when there is nothing else to do. */
  loadWhenIdle(): void {
    this.#parts.whenIdle?.(() => void this.load(true).catch(() => {}));
  }

  /** Reads the store: somebody has changed it, and the program wants to be told. Not before `events` was listened to. */
  changedByOthers(events: EventHub): void {
    // Once the rest is loaded it learns of changes by itself.
    if (this.#access !== undefined || !events.isUsed) return;
    this.load(true)
      .then(({ session }) => session.readStored())
      .catch(() => {});
  }

  async #begin(access: SessionAccess): Promise<SessionAccess> {
    this.#access = access;
    if (this.#calls.closed) await access.close(this.#calls.closed);
    // From then on it learns of changes by itself. Not where a response stands in the address: that has to be dealt with first.
    else if (!this.#parts.isAwaited) access.session.open().catch(() => {});
    return access;
  }
}
