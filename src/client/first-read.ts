/** The first reads of the stored session in a page, before anything else is loaded. */
import { type KeystoneAuthError, StorageError } from "../errors.js";
import { notRevoked } from "../load-part.js";
import type { SignOutRequest } from "../options/call.js";
import type { PublishedSession } from "../session/session-state.js";
import type { TokenMemory } from "../session/memory.js";
import type { SignOutMark } from "../session/sign-out-mark.js";
import type { SessionRecord } from "../token-set.js";
import type { EndedAhead } from "./sign-out.js";
import type { SignOutResult } from "./sign-out-result.js";

/** A read of the stored session with nothing loaded. */
export interface StoredToken {
  /**
   * The stored session; `undefined` for all that is out of the ordinary, which `get-session.ts` will find out. From then
   * on `onChange` is called when others may have changed it.
   */
  read(onChange: () => void): Promise<SessionRecord | undefined>;
  /** Deletes the stored session, that of the `id` alone where one is given; gives the mark of the sign-out. Bounded. */
  remove(id?: string): Promise<SignOutMark>;
  /** Gives back what `read` has opened, unless it was handed over. */
  close(): void;
}

export class FirstRead {
  #reading: Promise<SessionRecord | undefined> | undefined;
  #changes = 0;
  /** A sign-out is under way: nothing is found any more. */
  #isEnding = false;

  /** `isOver` says whether the rest was loaded meanwhile, and may have changed what was read. `on` is told of news, and of a session that can be renewed. */
  constructor(
    private readonly storedToken: StoredToken | undefined,
    private readonly memory: TokenMemory,
    private readonly published: PublishedSession,
    private readonly isOver: () => boolean,
    private readonly on: { readonly change: () => void; readonly refreshToken: () => void },
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

  /**
   * Ends the session here at once, while that is loaded which tells the provider: a file may be slow, or gone. Gives what it
   * was; `undefined` where that is out of the ordinary, and the rest has to find out. Never rejects.
   */
  async end(): Promise<EndedAhead | undefined> {
    this.#isEnding = true;
    this.#invalidate();
    this.memory.distrust();
    const { held } = this.memory;
    try {
      const record = await this.storedToken?.read(this.#onChange);
      if (record === undefined || this.isOver()) return undefined;
      // Nobody ends another person's session.
      if (held && held.record.id !== record.id) return undefined;
      const mark = await this.storedToken?.remove(record.id);
      return mark && { record, mark };
    } catch {
      return undefined;
    }
  }

  /** Signs out here, for a page that can load nothing more. Never rejects. */
  async signOut({ local, providerSession }: SignOutRequest, ended: EndedAhead | undefined): Promise<SignOutResult> {
    const errors: KeystoneAuthError[] = [];
    const gone = ended ? Promise.resolve(this.#forgets()) : this.remove();
    await gone.catch((error: StorageError) => errors.push(error));
    this.#isEnding = false;
    if (!local) errors.push(notRevoked());
    const revocation = local ? "skipped" : "failed";
    return { revocation, providerSession: providerSession === false ? "skipped" : revocation, errors };
  }

  /** Deletes the stored session, for a page that can load nothing more. @throws StorageError (`storage`) */
  async remove(): Promise<void> {
    this.#invalidate();
    this.memory.drop();
    try {
      await this.storedToken?.remove();
    } catch {
      throw new StorageError("unavailable", "The stored session could not be deleted. Sign out again.");
    } finally {
      this.#forgets();
    }
  }

  #forgets(): void {
    this.memory.drop();
    this.published.publish({ record: undefined, reason: "signed_out" });
  }

  readonly #onChange = (): void => {
    this.#invalidate();
    this.memory.distrust();
    this.on.change();
  };

  async #read(): Promise<SessionRecord | undefined> {
    for (;;) {
      const changes = this.#changes;
      const record = await this.storedToken?.read(this.#onChange);
      if (record === undefined || this.isOver() || this.#isEnding) return undefined;
      if (changes !== this.#changes) continue;
      // Another session than the one whose token was given: it may be another person's, which the rest finds out.
      const { held } = this.memory;
      if (held && held.record.id !== record.id) return undefined;
      this.memory.hold(record);
      const isRenewable = record.refreshToken !== undefined;
      if (isRenewable) this.on.refreshToken();
      const serves = isRenewable || this.memory.left() > 0;
      if (serves && this.published.state.status === "unknown") this.published.publish({ record, reason: "restored" });
      return record;
    }
  }
}
