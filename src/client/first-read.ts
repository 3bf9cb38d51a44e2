/** The first reads of the stored session in a page, before anything else is loaded. */
import { type KeystoneAuthError, StorageError } from "../errors.js";
import type { EventHub } from "../events.js";
import { notRevoked } from "../load-part.js";
import type { SignOutRequest } from "../options/call.js";
import type { TokenMemory } from "../session/memory.js";
import type { SessionRecord } from "../token-set.js";
import type { SignOutResult } from "./sign-out.js";

/** A read of the stored session with nothing loaded. */
export interface StoredToken {
  /**
   * The stored session; `undefined` for all that is out of the ordinary, which `get-session.ts` will find out. From then
   * on `onChange` is called when others may have changed it.
   */
  read(onChange: () => void): Promise<SessionRecord | undefined>;
  /** Deletes the stored session, for a page that can load nothing more. */
  remove(): Promise<void>;
  /** Gives back what `read` has opened, unless it was handed over. */
  close(): void;
}

export class FirstRead {
  #reading: Promise<SessionRecord | undefined> | undefined;
  #changes = 0;

  /** `isOver` says whether the rest was loaded meanwhile, and may have changed what was read. */
  constructor(
    private readonly storedToken: StoredToken | undefined,
    private readonly memory: TokenMemory,
    private readonly isOver: () => boolean,
    private readonly onChange: () => void,
  ) {}

  /** The stored session, whose token is in memory then. One read for all who ask at the same time. */
  read(): Promise<SessionRecord | undefined> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** What is being read is from before a change. */
  #invalidate(): void {
    this.#changes += 1;
  }

  /** Signs out here, for a page that can load nothing more. Never rejects. */
  async signOut({ local, providerSession }: SignOutRequest, events: EventHub): Promise<SignOutResult> {
    const errors: KeystoneAuthError[] = [];
    await this.remove(events).catch((error: StorageError) => errors.push(error));
    if (!local) errors.push(notRevoked());
    const revocation = local ? "skipped" : "failed";
    return { revocation, providerSession: providerSession === false ? "skipped" : revocation, errors };
  }

  /** Deletes the stored session, for a page that can load nothing more. @throws StorageError (`storage`) */
  async remove(events: EventHub): Promise<void> {
    events.emit("session", { reason: "signed_out" });
    this.#invalidate();
    this.memory.drop();
    try {
      await this.storedToken?.remove();
    } catch {
      throw new StorageError("unavailable", "The stored session could not be deleted. Sign out again.");
    }
  }

  async #read(): Promise<SessionRecord | undefined> {
    for (;;) {
      const changes = this.#changes;
      const record = await this.storedToken?.read(() => {
        this.#invalidate();
        this.memory.distrust();
        this.onChange();
      });
      if (record === undefined || this.isOver()) return undefined;
      if (changes !== this.#changes) continue;
      this.memory.hold(record);
      return record;
    }
  }
}
